/** A file of the dashboard. The admin API serves it to anyone, because it contains no secrets. */
export interface PageFile {
  /** The path at which it is served, such as `/` or `/dashboard.js`. */
  readonly path: string;
  /** `text/html; charset=utf-8` or the like. */
  readonly contentType: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
}
