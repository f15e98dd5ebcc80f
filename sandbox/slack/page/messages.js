// One message as a node: who, when, text or blocks, attachments, files, reactions, thread.

import { act } from "./api.js";
import { blockTrouble, renderBlocks } from "./blocks.js";
import { h, icon } from "./dom.js";
import { mrkdwn, plain } from "./mrkdwn.js";

export const when = (ts) => new Date(Number(ts.split(".")[0]) * 1000);

const clock = (date, world) => date.toLocaleTimeString(world.locale, { hour: "numeric", minute: "2-digit" });

export function avatar(id, name, world) {
  if (id === world.bot.id) return h("span", { class: "avatar avatar-bot", "aria-hidden": "true" }, "M");
  const sum = [...id].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  const initials = /^[A-Za-z]/.test(name) ? name.split(/\s+/).map((word) => word[0]).join("").slice(0, 2) : name.slice(0, 1);
  return h("span", { class: `avatar avatar-${sum % 6}`, "aria-hidden": "true" }, initials.toUpperCase());
}

export function messageNode(message, world, { compact = false, openThread = null } = {}) {
  const name = message.username ?? world.nameOf(message.user) ?? message.user;
  const at = when(message.ts);
  const time = h("time", { datetime: at.toISOString(), title: at.toLocaleString(world.locale) }, clock(at, world));
  const app = message.bot || message.user === world.slackbot;
  const node = h("article", {
    class: `message${compact ? " compact" : ""}${message.is_ephemeral ? " ephemeral" : ""}`,
    testid: message.is_ephemeral ? "ephemeral" : "message",
    dataTs: message.ts,
    dataUser: message.user,
  });
  const body = h("div", { class: "message-body" });
  if (message.is_ephemeral) {
    body.append(h("div", { class: "only-you" }, icon("eye"), world.words.only));
  }
  if (!compact) {
    body.append(
      h(
        "div",
        { class: "byline" },
        h("span", { class: "author" }, name),
        app && h("span", { class: "app-badge" }, world.words.app),
        time,
      ),
    );
  }
  body.append(...content(message, world, node));
  if (message.reactions) body.append(reactions(message, world));
  if (openThread && message.reply_count) body.append(threadLink(message, world, openThread));
  node.append(compact ? h("span", { class: "gutter" }, time) : avatar(message.user, name, world), body);
  if (openThread && !message.is_ephemeral) {
    node.append(
      h(
        "div",
        { class: "toolbar" },
        h(
          "button",
          { type: "button", title: world.words.reply, "aria-label": world.words.reply, testid: "reply-in-thread", onclick: () => openThread(message.thread_ts ?? message.ts) },
          icon("reply"),
        ),
      ),
    );
  }
  return node;
}

function content(message, world, node) {
  const use = async (element, block, value) => {
    blockTrouble(node, block.block_id, "");
    const delivery = await act("click", {
      user: world.user,
      channel: message.channel,
      ts: message.ts,
      action_id: element.action_id,
      block_id: block.block_id,
      value,
    }).catch((error) => ({ error: error.message }));
    if (delivery.error) blockTrouble(document.querySelector(`[data-ts="${CSS.escape(message.ts)}"]`) ?? node, block.block_id, world.words.noResponse);
    return delivery;
  };
  const suggest = (element, block, text) =>
    act("suggest_in_message", { user: world.user, channel: message.channel, ts: message.ts, action_id: element.action_id, block_id: block.block_id, text });
  const inside = { ...world, suggest };
  const parts = [];
  const typed = !message.bot && message.user !== world.slackbot;
  if (message.blocks && !typed) parts.push(...renderBlocks(message.blocks, inside, use));
  else if (message.text) {
    const text = message.mrkdwn === false ? plain(message.text, world) : mrkdwn(message.text, world);
    const edited = message.edited && h("span", { class: "quiet edited" }, ` ${world.words.edited}`);
    parts.push(h("div", { class: "text" }, text, edited));
  }
  for (const attachment of message.attachments ?? []) parts.push(attached(attachment, inside, use));
  for (const file of message.files ?? []) {
    parts.push(
      h(
        "a",
        { class: "file", href: `/files/${encodeURIComponent(file.id)}`, download: file.name },
        icon("file"),
        h("span", {}, h("strong", {}, file.title || file.name), h("span", { class: "quiet" }, `${file.name} · ${size(file.size)}`)),
      ),
    );
  }
  return parts;
}

function attached(attachment, world, use) {
  const box = h("div", { class: "attachment" });
  if (/^#?[0-9a-f]{6}$/i.test(attachment.color ?? "")) {
    box.style.borderLeftColor = `#${attachment.color.replace("#", "")}`;
  } else if (["good", "warning", "danger"].includes(attachment.color)) box.classList.add(attachment.color);
  if (attachment.pretext) box.append(h("div", { class: "text" }, mrkdwn(attachment.pretext, world)));
  if (attachment.title) box.append(h("div", { class: "attachment-title" }, plain(attachment.title, world)));
  if (attachment.blocks) box.append(...renderBlocks(attachment.blocks, world, use));
  else if (attachment.text) box.append(h("div", { class: "text" }, mrkdwn(attachment.text, world)));
  else if (attachment.fallback && !attachment.title) box.append(h("div", { class: "text" }, plain(attachment.fallback, world)));
  const fields = (attachment.fields ?? []).map((one) =>
    h("div", { class: "cell text" }, h("strong", {}, plain(one.title ?? "", world)), h("br"), mrkdwn(one.value ?? "", world)),
  );
  if (fields.length) box.append(h("div", { class: "fields" }, fields));
  if (attachment.footer) box.append(h("div", { class: "context" }, plain(attachment.footer, world)));
  return box;
}

function reactions(message, world) {
  return h(
    "div",
    { class: "reactions" },
    message.reactions.map((one) =>
      h(
        "span",
        { class: "reaction", title: one.users.map((id) => world.nameOf(id) ?? id).join(", ") },
        world.emoji[one.name] ?? `:${one.name}:`,
        h("span", {}, one.count),
      ),
    ),
  );
}

function threadLink(message, world, openThread) {
  return h(
    "button",
    { class: "thread-link", type: "button", testid: "thread-link", onclick: () => openThread(message.ts) },
    message.repliers.slice(0, 3).map((id) => avatar(id, world.nameOf(id) ?? id, world)),
    h("span", { class: "thread-count" }, world.words.replies(message.reply_count)),
    h("span", { class: "quiet" }, clock(when(message.latest_reply), world)),
  );
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} kB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
