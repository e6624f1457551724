/**
 * Clients as a separate program: `client_main.ts PORT`. It reads one order per line, and answers
 * each with a line of JSON, `{}` or `{"problem": "…"}`. The orders correspond to the methods of
 * `client_process.ts`: `open COUNT`, `ping TEXT`, `finish`. It ends with its standard input.
 */
import { SocketEnd } from "./socket_end.ts";

/**
 * No more than any queue on the way has room for, so that no client has to retry after a second.
 */
const OPENED_AT_ONCE = 256;

const port = Number(Deno.args[0]);
const clients: SocketEnd[] = [];

async function open(count: number): Promise<void> {
  let left = count;
  async function openOneByOne(): Promise<void> {
    while (left-- > 0) {
      const client = await SocketEnd.connect(port);
      const index = clients.push(client) - 1;
      await client.send("echo\n");
      await client.ping(`hello ${index}`);
    }
  }
  await Promise.all(Array.from({ length: OPENED_AT_ONCE }, openOneByOne));
}

async function ping(text: string): Promise<void> {
  await Promise.all(clients.map((client, index) => client.ping(`${text} ${index}`)));
}

async function finish(): Promise<void> {
  await Promise.all(clients.map(async (client) => {
    await client.finish();
    const rest = await client.readAllText();
    if (rest !== "") throw new Error(`Got "${rest}" after the last answer`);
    client.close();
  }));
  clients.length = 0;
}

async function obey(line: string): Promise<void> {
  const [order, text = ""] = line.trimEnd().split(" ");
  switch (order) {
    case "open":
      return await open(Number(text));
    case "ping":
      return await ping(text);
    case "finish":
      return await finish();
  }
  throw new Error(`There is no order "${order}"`);
}

async function answer(line: string): Promise<{ readonly problem?: string }> {
  try {
    await obey(line);
    return {};
  } catch (error) {
    return { problem: String(error) };
  }
}

// The caller waits for each answer, so a chunk is a line.
for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const text = JSON.stringify(await answer(line));
  await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));
}
