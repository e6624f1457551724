/// <reference lib="webworker" />
/** A thread that looks at a file all the time, and tells which modes it has seen. */
import { isOver } from "./mode_watch.ts";

self.onmessage = ({ data }: MessageEvent<{ path: string; shared: SharedArrayBuffer }>) => {
  const seen = new Set<number>();
  self.postMessage("ready");
  while (!isOver(data.shared)) {
    try {
      seen.add((Deno.statSync(data.path).mode ?? 0) & 0o777);
    } catch {
      // It is not there.
    }
  }
  self.postMessage([...seen]);
};
