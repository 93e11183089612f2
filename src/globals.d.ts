/**
 * `@microsoft/microsoft-graph-client` 3.0.7 declares its options with the browser's names for these two types, and
 * Node's own types do not have them. Declared here, so that `skipLibCheck` can stay off without the whole DOM library.
 */
type HeadersInit = ConstructorParameters<typeof Headers>[0];
type RequestInfo = string | URL | Request;
