// Interactive elements: buttons, selects, pickers, inputs. Each shows what it holds at first
// (initial_*, or what world.typed says was typed) and reports every use through `use`.

import { h, icon } from "./dom.js";
import { confirmation, popup } from "./layers.js";
import { words } from "./mrkdwn.js";

export function control(element, block, world, use) {
  const draw = DRAW[element.type];
  const node = draw ? draw(element, block, world, use) : h("span", { class: "quiet" }, `[${element.type}]`);
  const target = node.matches("input,select,textarea,button") ? node : (node.querySelector("[data-field]") ?? node);
  if (element.action_id) {
    target.dataset.testid = `action-${element.action_id}`;
    target.dataset.action = element.action_id;
  }
  return node;
}

// Reads what a form of blocks holds: {block_id: {action_id: value}}.
export function readForm(root) {
  const values = {};
  for (const node of root.querySelectorAll("[data-reads]")) {
    const block = node.closest("[data-block]").dataset.block;
    const action = node.dataset.holds;
    (values[block] ??= {})[action] = READ[node.dataset.reads](node);
  }
  return values;
}

const READ = {
  value: (node) => node.value || null,
  unix: (node) => (node.value ? Math.round(new Date(node.value).getTime() / 1000) : null),
  rich: (node) => richText(node.value),
  checked: (node) => [...node.querySelectorAll("input:checked")].map((box) => box.value),
  radio: (node) => node.querySelector("input:checked")?.value ?? null,
};

const typedOr = (world, block, element, initial) => {
  const typed = world.typed?.[block.block_id]?.[element.action_id];
  return typed === undefined ? initial : typed;
};

const holds = (element, reads) => ({ dataReads: reads, dataHolds: element.action_id, dataField: "1" });

// An element in an input block says nothing until the form is sent, unless it asks to.
const speaks = (block) => block.type !== "input" || block.dispatch_action === true;

async function ask(element, world, trigger) {
  if (element.confirm && !(await confirmation(element.confirm, world))) return false;
  trigger();
  return true;
}

const DRAW = {
  button(element, block, world, use) {
    const style = element.style ? ` ${element.style}` : "";
    const button = h(
      "button",
      {
        class: `button${style}`,
        type: "button",
        "aria-label": element.accessibility_label,
        onclick: () =>
          ask(element, world, async () => {
            if (element.url && /^https?:\/\//i.test(element.url)) window.open(element.url, "_blank", "noopener");
            button.classList.add("busy");
            button.disabled = true;
            try {
              await use(element, block, null);
            } finally {
              button.classList.remove("busy");
              button.disabled = false;
            }
          }),
      },
      h("span", { class: "button-label" }, words(element.text, world)),
    );
    return button;
  },

  overflow(element, block, world, use) {
    const button = h(
      "button",
      { class: "button overflow", type: "button", "aria-haspopup": "menu", "aria-label": world.words.more },
      icon("more"),
    );
    const choose = (option) =>
      ask(element, world, () => {
        if (option.url && /^https?:\/\//i.test(option.url)) window.open(option.url, "_blank", "noopener");
        use(element, block, option.value);
      });
    button.addEventListener("click", () =>
      popup(
        button,
        element.options.map((option) => ({
          label: words(option.text, world),
          note: words(option.description, world),
          testid: `option-${option.value}`,
          choose: () => choose(option),
        })),
      ),
    );
    return button;
  },

  static_select: (element, block, world, use) =>
    select(element, block, world, use, optionNodes(element, world), element.initial_option?.value),
  users_select: (element, block, world, use) =>
    select(element, block, world, use, peopleOptions(world), element.initial_user),
  channels_select: (element, block, world, use) =>
    select(element, block, world, use, channelOptions(world), element.initial_channel),
  conversations_select: (element, block, world, use) =>
    select(
      element,
      block,
      world,
      use,
      channelOptions(world),
      element.initial_conversation ?? (element.default_to_current_conversation ? world.channel : undefined),
    ),
  multi_static_select: (element, block, world, use) =>
    multi(element, block, world, use, flatOptions(element, world), (element.initial_options ?? []).map((o) => o.value)),
  multi_users_select: (element, block, world, use) =>
    multi(element, block, world, use, people(world), element.initial_users ?? []),
  multi_channels_select: (element, block, world, use) =>
    multi(element, block, world, use, channels(world), element.initial_channels ?? []),
  multi_conversations_select: (element, block, world, use) =>
    multi(element, block, world, use, channels(world), element.initial_conversations ?? []),

  external_select(element, block, world, use) {
    const list = h("datalist", { id: `list-${crypto.randomUUID()}` });
    const field = h("input", {
      class: "field",
      list: list.id,
      placeholder: words(element.placeholder, world) || world.words.choose,
      value: typedOr(world, block, element, element.initial_option?.value ?? ""),
      oninput: async () => {
        if (field.value.length < (element.min_query_length ?? 3) || !world.suggest) return;
        const options = await world.suggest(element, block, field.value);
        list.replaceChildren(...options.map((o) => h("option", { value: o.value }, words(o.text, world))));
      },
      onchange: () => speaks(block) && use(element, block, field.value),
      ...holds(element, "value"),
    });
    return h("span", {}, field, list);
  },

  checkboxes: (element, block, world, use) => boxes("checkbox", "checked", element, block, world, use),
  radio_buttons: (element, block, world, use) => boxes("radio", "radio", element, block, world, use),

  datepicker: (element, block, world, use) => picker("date", element.initial_date, "value", element, block, world, use),
  timepicker: (element, block, world, use) => picker("time", element.initial_time, "value", element, block, world, use),
  datetimepicker(element, block, world, use) {
    const at = element.initial_date_time;
    const local = at ? new Date(at * 1000 - new Date().getTimezoneOffset() * 60000).toISOString().slice(0, 16) : "";
    return picker("datetime-local", local, "unix", element, block, world, use);
  },

  plain_text_input: (element, block, world, use) => input("text", element, block, world, use),
  email_text_input: (element, block, world, use) => input("email", element, block, world, use),
  url_text_input: (element, block, world, use) => input("url", element, block, world, use),
  number_input: (element, block, world, use) => input("text", element, block, world, use),
  rich_text_input: (element, block, world, use) =>
    input("text", { ...element, multiline: true, initial_value: plainText(element.initial_value) }, block, world, use, "rich"),
  image: (element) => h("span", { class: "image", title: element.alt_text }, icon("file"), element.alt_text),
};

function select(element, block, world, use, options, initial) {
  const empty = h("option", { value: "" }, words(element.placeholder, world) || world.words.choose);
  const node = h(
    "select",
    { class: "select", ...holds(element, "value"), autofocus: element.focus_on_load },
    empty,
    options,
  );
  node.value = typedOr(world, block, element, initial ?? "") ?? "";
  let before = node.value;
  node.addEventListener("change", async () => {
    if (!speaks(block)) return;
    const chosen = node.value;
    if (!(await ask(element, world, () => use(element, block, chosen)))) node.value = before;
    before = node.value;
  });
  return node;
}

// Several of many: a list of boxes, which needs no modifier keys.
function multi(element, block, world, use, options, initial) {
  const chosen = new Set(typedOr(world, block, element, initial));
  const node = h(
    "div",
    { class: "boxes multi", role: "group", ...holds(element, "checked") },
    options.map((option) =>
      h("label", { class: "box" }, h("input", { type: "checkbox", value: option.value, checked: chosen.has(option.value) }), h("span", {}, option.label)),
    ),
  );
  node.addEventListener("change", () => {
    const most = element.max_selected_items ?? Infinity;
    const left = READ.checked(node).length >= most;
    for (const box of node.querySelectorAll("input")) box.disabled = left && !box.checked;
    if (speaks(block)) use(element, block, READ.checked(node));
  });
  return node;
}

function boxes(type, reads, element, block, world, use) {
  const name = `group-${crypto.randomUUID()}`;
  const first = type === "radio" ? element.initial_option?.value : (element.initial_options ?? []).map((o) => o.value);
  const chosen = new Set([typedOr(world, block, element, first)].flat());
  const node = h(
    "div",
    { class: "boxes", role: type === "radio" ? "radiogroup" : "group", ...holds(element, reads) },
    element.options.map((option) =>
      h(
        "label",
        { class: "box" },
        h("input", { type, name, value: option.value, checked: chosen.has(option.value) }),
        h(
          "span",
          {},
          words(option.text, world),
          option.description && h("span", { class: "quiet box-note" }, words(option.description, world)),
        ),
      ),
    ),
  );
  node.addEventListener("change", () => {
    if (speaks(block)) use(element, block, READ[reads](node));
  });
  return node;
}

function picker(type, initial, reads, element, block, world, use) {
  const node = h("input", { type, class: "field picker", ...holds(element, reads) });
  node.value = typedOr(world, block, element, initial ?? "") ?? "";
  node.addEventListener("change", () => speaks(block) && use(element, block, READ[reads](node)));
  return node;
}

function input(type, element, block, world, use, reads = "value") {
  const typed = typedOr(world, block, element, element.initial_value ?? "");
  const initial = (typeof typed === "string" ? typed : plainText(typed)) ?? "";
  const props = {
    class: "field",
    placeholder: words(element.placeholder, world) || undefined,
    autofocus: element.focus_on_load,
    ...holds(element, reads),
  };
  const node = element.multiline ? h("textarea", { ...props, rows: 4 }) : h("input", { ...props, type });
  node.value = initial;
  if (speaks(block)) {
    const on = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
    node.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && on.includes("on_enter_pressed")) {
        event.preventDefault();
        use(element, block, node.value);
      }
    });
    if (on.includes("on_character_entered")) node.addEventListener("input", () => use(element, block, node.value));
  }
  return node;
}

function optionNodes(element, world) {
  const one = (option) => h("option", { value: option.value }, words(option.text, world));
  if (element.options) return element.options.map(one);
  return (element.option_groups ?? []).map((group) =>
    h("optgroup", { label: words(group.label, world) }, group.options.map(one)),
  );
}

function flatOptions(element, world) {
  const all = element.options ?? (element.option_groups ?? []).flatMap((group) => group.options);
  return all.map((option) => ({ value: option.value, label: words(option.text, world) }));
}

const people = (world) => world.people.map((one) => ({ value: one.id, label: one.real_name }));
const channels = (world) =>
  world.channels.filter((one) => !one.dm_with).map((one) => ({ value: one.id, label: `#${one.name}` }));
const nodes = (options) => options.map((one) => h("option", { value: one.value }, one.label));
const peopleOptions = (world) => nodes(people(world));
const channelOptions = (world) => nodes(channels(world));

function richText(text) {
  if (!text) return null;
  return { type: "rich_text", elements: [{ type: "rich_text_section", elements: [{ type: "text", text }] }] };
}

function plainText(rich) {
  const parts = rich?.elements?.flatMap((part) => part.elements ?? []) ?? [];
  return parts.map((one) => one.text ?? "").join("");
}
