// Works with a server through one generation of the official JavaScript SDK and prints what it saw as JSON.
// Usage: node sdk.mjs v1|v2
const generation = process.argv[2];
const { createOpencodeClient } = await import(generation === "v1" ? "@opencode-ai/sdk" : "@opencode-ai/sdk/v2");
const password = process.env.OPENCODE_SERVER_PASSWORD;
const client = createOpencodeClient({
  baseUrl: process.env.OPENCODE_SERVER_URL,
  headers: { Authorization: "Basic " + Buffer.from("opencode:" + password).toString("base64") },
  throwOnError: true,
});

// The first generation tells path, query and body apart; the second takes all parameters together.
const first = generation === "v1";
const at = (id, body) => (first ? { path: { id }, body } : { sessionID: id, ...body });
const by = (query) => (first ? { query } : query);
const having = (body) => (first ? { body } : body);

const { stream } = await client.event.subscribe();
const events = [];
const heard = (async () => {
  for await (const event of stream) {
    events.push(event.type);
    if (event.type === "session.idle") break;
  }
})();

const { data: session } = await client.session.create(having({ title: "From the SDK" }));
const { data: reply } = await client.session.prompt(at(session.id, { parts: [{ type: "text", text: "look around" }] }));
await heard;
const { data: messages } = await client.session.messages(at(session.id));
const { data: sessions } = await client.session.list();
const { data: config } = await client.config.get();
const { data: usable } = await client.config.providers();
const { data: known } = await client.provider.list();
const { data: agents } = await client.app.agents();
const { data: path } = await client.path.get();
const { data: project } = await client.project.current();
const { data: commands } = await client.command.list();
const { data: tools } = await client.tool.ids();
const { data: files } = await client.file.list(by({ path: "." }));
const { data: content } = await client.file.read(by({ path: "note.txt" }));
const { data: branch } = await client.vcs.get();
const { data: logged } = await client.app.log(having({ service: "sdk", level: "info", message: "hello" }));
const { data: mcp } = await client.mcp.status();
const { data: again } = await client.session.get(at(session.id));
const { data: deleted } = await client.session.delete(at(session.id));

console.log(
  JSON.stringify({
    title: session.title,
    reply: reply.parts.filter((part) => part.type === "text").map((part) => part.text),
    roles: messages.map((message) => message.info.role),
    tools_called: messages.flatMap((message) => message.parts).filter((part) => part.type === "tool").map((part) => [part.tool, part.state.status]),
    listed: sessions.some((each) => each.id === session.id),
    events: [...new Set(events)],
    model: config.model,
    default_model: usable.default.scripted,
    connected: known.connected.includes("scripted"),
    agents: agents.map((agent) => agent.name).sort(),
    directory: path.directory,
    vcs: project.vcs,
    commands: commands.map((command) => command.name),
    tools: tools.slice(0, 3),
    files: files.map((file) => file.name),
    content: content.content,
    branch: branch.branch,
    logged,
    mcp,
    same: again.id === session.id,
    deleted,
  }),
);
process.exit(0);
