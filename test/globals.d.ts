/** `web-tree-sitter` 0.27.2 names this type of Emscripten's in its declarations and does not bring it. */
type EmscriptenModule = object;
