/** Where the files of the worker threads are; told by the program's entry. */
export interface WorkerUrls {
  readonly native: URL;
  readonly streams: URL;
}
