/** Where the files of the worker threads are; set by the program's entry point. */
export interface WorkerUrls {
  readonly native: URL;
  readonly streams: URL;
}
