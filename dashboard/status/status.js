// One line that is read aloud when it changes: what has changed, and what came of it.
// Streamlit calls this on the same element whenever the data have changed.

export default function ({ data: [data], parentElement }) {
  const line = lineIn(parentElement);
  const { said: before, textContent: text } = line; // what the line was last told, and says
  line.said = data;
  line.textContent = before ? sentence(before, data) : `${data.page}: ${data.result}`;
  // Called at the end, and at once for a call that a newer one has overtaken. While this script
  // loads they come in any order: if the newer one came first, what it said stands.
  return () => {
    if (!before || line.said !== data) return;
    line.said = before;
    line.textContent = text;
  };
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
