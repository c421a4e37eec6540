// One line that is read aloud when it changes: what has changed, and what came of it.
// Streamlit calls this on the same element whenever the data have changed.

export default function ({ data, parentElement }) {
  const line = lineIn(parentElement);
  const before = line.said; // what the line was last told
  line.said = data;
  line.textContent = before ? sentence(before, data) : `${data.page}: ${data.result}`;
}

/** The line, made at the first call: screen readers follow a node that was there before its text. */
function lineIn(parent) {
  let line = parent.querySelector("[role=status]");
  if (!line) {
    line = document.createElement("p");
    line.setAttribute("role", "status");
    parent.replaceChildren(line);
  }
  return line;
}

function sentence(before, now) {
  const old = new Map(before.settings);
  const changed = now.settings
    .filter(([name, value]) => old.get(name) !== value)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
  return [changed, now.result].filter(Boolean).join(": ");
}
