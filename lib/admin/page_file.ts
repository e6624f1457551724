/** A file of the dashboard, as the admin API hands it out: to anyone, as it holds no secret. */
export interface PageFile {
  /** Where it is found, such as `/` or `/dashboard.js`. */
  readonly path: string;
  /** `text/html; charset=utf-8` or the like. */
  readonly contentType: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
}
