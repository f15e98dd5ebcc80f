// Block Kit into DOM nodes. `world` names people and channels; `use(element, block, value)` is
// called when something interactive is used and resolves to the delivery.

import { h, icon } from "./dom.js";
import { codeBlock, link, mention, mrkdwn, plain, unescape } from "./mrkdwn.js";
import { control } from "./elements.js";

export function renderBlocks(blocks, world, use) {
  return blocks.map((block) => {
    const body = (BLOCKS[block.type] ?? unknown)(block, world, use);
    const frame = h("div", { class: `block block-${block.type}`, dataBlock: block.block_id }, body);
    frame.append(h("div", { class: "block-trouble", role: "alert", hidden: true }));
    return frame;
  });
}

export function textOf(object, world) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text, world);
  const rows = object.text.split("\n");
  return rows.flatMap((row, index) => [
    index ? h("br") : "",
    ...plain(row, world, object.emoji !== false),
  ]);
}

const BLOCKS = {
  section(block, world, use) {
    const main = h("div", { class: "section-main" });
    if (block.text) main.append(h("div", { class: "text" }, textOf(block.text, world)));
    if (block.fields) {
      main.append(
        h(
          "div",
          { class: "fields" },
          block.fields.map((field) => h("div", { class: "cell text" }, textOf(field, world))),
        ),
      );
    }
    if (!block.accessory) return main;
    const beside = h("div", { class: "accessory" }, control(block.accessory, block, world, use));
    return h("div", { class: "section-row" }, main, beside);
  },
  header: (block, world) => h("div", { class: "header-text", role: "heading", "aria-level": "3" }, textOf(block.text, world)),
  divider: () => h("hr"),
  context: (block, world) =>
    h(
      "div",
      { class: "context" },
      block.elements.map((one) =>
        one.type === "image" ? image(one) : h("span", { class: "text" }, textOf(one, world)),
      ),
    ),
  actions: (block, world, use) =>
    h("div", { class: "actions" }, block.elements.map((one) => control(one, block, world, use))),
  image: (block, world) =>
    h("figure", { class: "figure" }, block.title && h("figcaption", {}, textOf(block.title, world)), image(block)),
  input(block, world, use) {
    const field = control(block.element, block, world, use);
    return h(
      "div",
      { class: "input" },
      h(
        "label",
        { class: "input-label" },
        textOf(block.label, world),
        block.optional && h("span", { class: "quiet" }, ` ${world.words.optional}`),
      ),
      field,
      block.hint && h("div", { class: "hint" }, textOf(block.hint, world)),
      h("div", { class: "input-error", role: "alert", testid: `error-${block.block_id}`, hidden: true }),
    );
  },
  rich_text: (block, world) => block.elements.map((part) => richPart(part, world)),
  markdown: (block, world) => h("div", { class: "text" }, mrkdwn(block.text, world)),
  table: (block, world) =>
    h(
      "div",
      { class: "table-frame" },
      h(
        "table",
        {},
        block.rows.map((row, index) =>
          h(
            "tr",
            {},
            row.map((cell) => h(index === 0 ? "th" : "td", {}, tableCell(cell, world))),
          ),
        ),
      ),
    ),
  alert: (block, world) => h("div", { class: "alert" }, textOf(block.text, world)),
};

function tableCell(cell, world) {
  if (cell.type === "rich_text") return cell.elements.map((part) => richPart(part, world));
  return unescape(String(cell.text ?? cell.value ?? ""));
}

function image(one) {
  // The page loads nothing from elsewhere; what an image would show is said in words.
  return h("span", { class: "image", title: one.alt_text }, icon("file"), h("span", {}, one.alt_text));
}

function richPart(part, world) {
  const inside = () => part.elements.map((one) => richInline(one, world));
  switch (part.type) {
    case "rich_text_preformatted":
      return codeBlock(part.elements.map((one) => one.text ?? one.url ?? "").join(""), world);
    case "rich_text_quote":
      return h("blockquote", {}, inside());
    case "rich_text_list": {
      const items = part.elements.map((one) => h("li", {}, one.elements.map((sub) => richInline(sub, world))));
      const tag = part.style === "ordered" ? "ol" : "ul";
      return h(tag, { class: `indent-${Math.min(part.indent ?? 0, 8)}`, start: tag === "ol" && part.offset ? part.offset + 1 : undefined }, items);
    }
    default:
      return h("div", { class: "text" }, inside());
  }
}

function richInline(one, world) {
  switch (one.type) {
    case "text":
      return styled(breaks(one.text), one.style);
    case "link":
      return styled(link(one.url, one.text ?? one.url), one.style);
    case "emoji":
      return world.emoji[one.name] ?? `:${one.name}:`;
    case "user":
      return mention("@", one.user_id, undefined, world);
    case "channel":
      return mention("#", one.channel_id, undefined, world);
    case "usergroup":
      return mention("!", world.groupName(one.usergroup_id) ?? one.usergroup_id, undefined, world);
    case "broadcast":
      return mention("!", one.range, undefined, world);
    case "date":
      return one.fallback ?? new Date(one.timestamp * 1000).toLocaleString(world.locale);
    default:
      return one.value ?? "";
  }
}

function breaks(text) {
  return text.split("\n").flatMap((row, index) => [index ? h("br") : "", row]);
}

function styled(children, style = {}) {
  let node = children;
  for (const [name, tag] of [["code", "code"], ["strike", "s"], ["italic", "em"], ["bold", "strong"], ["underline", "u"]]) {
    if (style[name]) node = h(tag, {}, node);
  }
  return node;
}

// A block of a newer kind: whatever texts it has, in order, so that nothing goes unseen.
function unknown(block, world) {
  const parts = ["title", "subtitle", "text", "body", "caption"].map((key) => block[key]);
  const texts = parts.filter((part) => typeof part?.text === "string" && part.type);
  const below = (block.child_blocks ?? []).map((one) => (BLOCKS[one.type] ?? unknown)(one, world, async () => ({})));
  if (!texts.length && !below.length) return h("div", { class: "quiet" }, `[${block.type}]`);
  return [...texts.map((part) => h("div", { class: "text" }, textOf(part, world))), ...below];
}

export function blockTrouble(frame, blockId, words) {
  const place = frame.querySelector(`[data-block="${CSS.escape(blockId)}"] > .block-trouble`);
  if (!place) return;
  place.textContent = words;
  place.hidden = !words;
}
