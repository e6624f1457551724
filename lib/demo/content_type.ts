const TYPES: Readonly<Record<string, string>> = {
  cfg: "text/plain; charset=utf-8",
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  lock: "application/json",
  md: "text/markdown; charset=utf-8",
  png: "image/png",
  svg: "image/svg+xml",
  ts: "text/typescript; charset=utf-8",
  txt: "text/plain; charset=utf-8",
};

/** The media type of a file by its extension; `application/octet-stream` for unknown ones. */
export function contentType(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name === "LICENSE") return "text/plain; charset=utf-8";
  const ending = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return Object.hasOwn(TYPES, ending) ? TYPES[ending] as string : "application/octet-stream";
}
