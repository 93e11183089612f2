/**
 * `web-tree-sitter` 0.27.2 types the options of its start with a name of Emscripten's types, which it does not bring.
 * Nothing here passes such options.
 */
interface EmscriptenModule {
  readonly locateFile?: (path: string, prefix: string) => string;
}
