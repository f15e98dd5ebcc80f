// Talks to the sandbox's control interface.

export class Refused extends Error {}

async function answered(response) {
  const body = await response.json();
  if (!response.ok) throw new Refused(body.error ?? `HTTP ${response.status}`);
  return body;
}

export async function look(what, query) {
  return answered(await fetch(`/sandbox/${what}?${new URLSearchParams(query)}`));
}

export async function act(what, body) {
  return answered(
    await fetch(`/sandbox/act/${what}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
}

// Calls `changed(topic)` for every change; after a lost connection calls it with "hello" again.
export function listen(changed) {
  const source = new EventSource("/sandbox/stream");
  source.onmessage = (event) => changed(event.data);
}
