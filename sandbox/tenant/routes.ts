import { accessDenied, badRequest, type Reply } from './answers.ts';
import { directoryRoutes } from './directory.ts';
import { licenceRoutes } from './licences.ts';
import { badSegment, policyRoutes } from './policies.ts';
import { whatIfRoutes } from './whatIf.ts';
import { type Call, may, type Route, type World } from './world.ts';

const routes: readonly Route[] = [...policyRoutes, ...whatIfRoutes, ...directoryRoutes, ...licenceRoutes];

/** Finds the route of a path under `/v1.0`. @throws Refusal 404 for paths the tenant does not have */
export function findRoute(method: string, pathname: string): { route: Route; params: string[] } {
  const whole = decoded(pathname);
  const path = whole.replace(/^\/v1\.0(?=\/)/i, '');
  if (path === whole) throw badSegment(pathname.split('/')[1] ?? '');
  for (const route of routes) {
    const match = route.method === method ? route.path.exec(path) : null;
    if (match) return { route, params: match.slice(1) };
  }
  throw badSegment(path.split('/').at(-1) ?? '');
}

function decoded(pathname: string): string {
  try {
    return decodeURIComponent(pathname);
  } catch (error) {
    if (error instanceof URIError) throw badRequest('The path is not well formed.');
    throw error;
  }
}

/** @throws Refusal 403 when a permission is missing, and whatever the route refuses */
export function carryOut(route: Route, call: Call, world: World): Reply {
  if (!route.needs.every((anyOf) => may(call, ...anyOf))) throw accessDenied();
  return route.answer(call, world);
}
