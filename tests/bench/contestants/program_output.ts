/** Runs a program to its end and gives its output, both streams, with its success. */
export async function programOutput(
  program: string,
  args: readonly string[],
): Promise<{ success: boolean; text: string }> {
  const command = new Deno.Command(program, { args: [...args], stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { success, text: (decoder.decode(stdout) + decoder.decode(stderr)).trim() };
}
