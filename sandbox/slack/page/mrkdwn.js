// Slack's mrkdwn, as Slack stores it (escaped, control sequences in <...>), into DOM nodes.
// Order: code blocks, then quotes by line, then inline forms. Inside code nothing is formatted.

import { h, icon } from "./dom.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const CONTROL = /<([^<>]+)>/g;
const INLINE = new RegExp(
  [
    "<([^<>\\n]+)>",
    "`([^`\\n]+)`",
    "(?<![\\w*])\\*(?=\\S)([^*\\n]*?\\S)\\*(?![\\w*])",
    "(?<![\\w_])_(?=\\S)([^_\\n]*?\\S)_(?![\\w_])",
    "(?<![\\w~])~(?=\\S)([^~\\n]*?\\S)~(?![\\w~])",
    ":([a-z0-9_+\\-']+):",
  ].join("|"),
);

export const unescape = (text) => text.replace(/&(?:amp|lt|gt);/g, (one) => ENTITIES[one]);

export function mrkdwn(text, world) {
  const nodes = [];
  const parts = text.split("```");
  // A fence that is never closed is no fence.
  if (parts.length % 2 === 0) parts.splice(-2, 2, parts.slice(-2).join("```"));
  parts.forEach((part, index) => {
    if (index % 2 === 1) nodes.push(codeBlock(bare(part.replace(/^\n|\n$/g, "")), world));
    else nodes.push(...lines(index > 0 ? part.replace(/^\n/, "") : part, world));
  });
  return nodes;
}

export function plain(text, world, emoji = true) {
  const shown = unescape(text);
  return emoji ? [...emojis(shown, world)] : [shown];
}

// The words of a plain_text object, as one string.
export const words = (object, world) => (object ? plain(object.text, world, object.emoji !== false).join("") : "");

export function codeBlock(text, world) {
  const label = h("span", {}, world.words.copy);
  const button = h(
    "button",
    {
      class: "copy",
      type: "button",
      testid: "copy-code",
      onclick: async () => {
        await copyText(text);
        label.textContent = world.words.copied;
        setTimeout(() => (label.textContent = world.words.copy), 1500);
      },
    },
    icon("copy"),
    label,
  );
  return h("div", { class: "code-block" }, h("pre", {}, h("code", {}, text)), button);
}

export function link(url, children) {
  const safe = /^(https?:\/\/|mailto:)/i.test(url);
  if (!safe) return h("span", {}, children);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, children);
}

export function mention(kind, id, label, world) {
  if (kind === "@") {
    const name = world.nameOf(id) ?? label ?? id;
    const me = id === world.user ? " mention-me" : "";
    return h("span", { class: `mention${me}`, testid: "mention" }, `@${name}`);
  }
  if (kind === "#") return h("span", { class: "mention" }, `#${world.channelName(id) ?? label ?? id}`);
  return h("span", { class: "mention mention-me" }, `@${label ?? id}`);
}

function* lines(text, world) {
  let quoted = [];
  const rows = text.split("\n");
  for (const [index, row] of rows.entries()) {
    const found = /^(?:&gt;|>) ?(.*)$/.exec(row);
    if (found) {
      quoted.push(found[1]);
      continue;
    }
    if (quoted.length) {
      yield quote(quoted, world);
      quoted = [];
    } else if (index > 0) yield h("br");
    yield* inline(row, world);
  }
  if (quoted.length) yield quote(quoted, world);
}

function quote(rows, world) {
  const inside = rows.flatMap((row, index) => [index ? h("br") : "", ...inline(row, world)]);
  return h("blockquote", {}, inside);
}

function* inline(text, world) {
  let rest = text;
  while (rest) {
    const found = INLINE.exec(rest);
    if (!found) {
      yield unescape(rest);
      return;
    }
    if (found.index > 0) yield unescape(rest.slice(0, found.index));
    const [whole, control, code, bold, italic, strike, emoji] = found;
    if (control !== undefined) yield controlled(control, world);
    else if (code !== undefined) yield h("code", {}, bare(code));
    else if (bold !== undefined) yield h("strong", {}, ...inline(bold, world));
    else if (italic !== undefined) yield h("em", {}, ...inline(italic, world));
    else if (strike !== undefined) yield h("s", {}, ...inline(strike, world));
    else yield world.emoji[emoji] ?? whole;
    rest = rest.slice(found.index + whole.length);
  }
}

function* emojis(text, world) {
  yield text.replace(/:([a-z0-9_+\-']+):/g, (whole, name) => world.emoji[name] ?? whole);
}

function controlled(body, world) {
  const [target, ...rest] = body.split("|");
  const label = rest.length ? rest.join("|") : undefined;
  if (target.startsWith("@")) return mention("@", target.slice(1), label, world);
  if (target.startsWith("#")) return mention("#", target.slice(1), label, world);
  if (target.startsWith("!subteam^")) {
    const id = target.slice(9).split("^")[0];
    return mention("!", world.groupName(id) ?? label?.replace(/^@/, "") ?? id, undefined, world);
  }
  if (target.startsWith("!date^")) return dated(target.slice(6), label, world);
  if (target.startsWith("!")) return mention("!", target.slice(1), undefined, world);
  return link(unescape(target), label === undefined ? unescape(target) : [...inline(label, world)]);
}

function dated(body, fallback, world) {
  const [unix, format = "{date}", url] = body.split("^");
  const when = new Date(Number(unix) * 1000);
  if (Number.isNaN(when.getTime())) return unescape(fallback ?? "");
  const day = (options) => new Intl.DateTimeFormat(world.locale, options).format(when);
  const long = { year: "numeric", month: "long", day: "numeric" };
  const short = { year: "numeric", month: "short", day: "numeric" };
  const forms = {
    date: day(long),
    date_num: when.toISOString().slice(0, 10),
    date_short: day(short),
    date_long: day({ ...long, weekday: "long" }),
    date_pretty: day(long),
    date_short_pretty: day(short),
    date_long_pretty: day({ ...long, weekday: "long" }),
    time: day({ hour: "numeric", minute: "2-digit" }),
    time_secs: day({ hour: "numeric", minute: "2-digit", second: "2-digit" }),
    ago: ago(when, world),
  };
  const text = unescape(format).replace(/\{(\w+)\}/g, (whole, name) => forms[name] ?? whole);
  const shown = h("time", { datetime: when.toISOString(), title: when.toLocaleString(world.locale) }, text);
  return url ? link(unescape(url), shown) : shown;
}

function ago(when, world) {
  const seconds = (when.getTime() - Date.now()) / 1000;
  const format = new Intl.RelativeTimeFormat(world.locale, { numeric: "auto" });
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= size) return format.format(Math.round(seconds / size), unit);
  }
  return format.format(Math.round(seconds), "second");
}

function bare(text) {
  return unescape(text.replace(CONTROL, (_, body) => body.split("|").at(-1)));
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "off-screen" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}
