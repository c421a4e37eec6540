// A chart that keeps its element: new figures go to `Plotly.react` on the node that is there.
// Streamlit calls `draw` at the first run, and again whenever the data or the theme have changed.

const charts = new WeakMap(); // a component's element -> its chart
let loading = null;

export function draw({ data: [data], parentElement, setTriggerValue }, plotlyUrl) {
  let chart = charts.get(parentElement);
  if (!chart) charts.set(parentElement, (chart = new Chart(parentElement, plotlyUrl)));
  const earlier = chart.data;
  chart.tell = setTriggerValue;
  chart.show(data);
  return () => {
    if (!parentElement.isConnected) {
      charts.delete(parentElement);
      chart.remove();
    } else if (earlier && chart.data === data) {
      // A call that a newer one has overtaken. While the script loads they come in any order: if
      // the newer one came first, its figure is to be shown.
      chart.show(earlier);
    }
  };
}

/** Plotly, once for the whole page. */
function loaded(url) {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      script.remove();
      loading = null; // the next change tries again
      reject(new Error(`${url} could not be loaded`));
    };
    document.head.append(script);
  });
  return loading;
}

class Chart {
  constructor(parent, plotlyUrl) {
    this.plotlyUrl = plotlyUrl;
    this.frame = document.createElement("div");
    this.frame.className = "stPlotlyChart";
    this.frame.dataset.testid = "stPlotlyChart";
    this.frame.setAttribute("role", "figure");
    parent.replaceChildren(this.frame);
    this.node = null; // what Plotly draws in
    this.data = null; // what is to be shown
    this.drawn = null; // what is shown
    this.width = 0; // the pixels it is shown at
    this.height = 0;
    this.room = { width: 0, height: 0 }; // the pixels that there are
    this.zoomed = new Set(); // names of the axes that the user has moved
    this.tell = null; // sends a click to the page's script
    this.busy = false;
    this.observer = new ResizeObserver(() => {
      this.measure();
      this.update();
    });
    this.observer.observe(this.frame);
  }

  show(data) {
    this.data = data;
    const { height } = data.figure.layout; // without one, the page says how tall the frame is
    const tall = height === undefined ? "100%" : `${height}px`;
    if (this.frame.style.height !== tall) {
      this.frame.style.height = tall;
      this.measure();
    }
    this.frame.setAttribute("aria-label", data.alt);
    this.update();
  }

  /** Only where it may have changed: to ask has the browser lay out all that is new on the page. */
  measure() {
    this.room = { width: this.frame.clientWidth, height: this.frame.clientHeight };
  }

  /** Draws until what is shown is what is to be shown: of quick changes, the last one counts. */
  async update() {
    if (this.busy) return;
    this.busy = true;
    try {
      const Plotly = window.Plotly ?? (await loaded(this.plotlyUrl));
      while (this.isBehind()) await this.drawOnce(Plotly);
    } catch (error) {
      console.warn(error);
      this.fail();
    }
    this.busy = false;
  }

  /** Not while it has no size, as in what is folded away: the observer tells when it has. */
  isBehind() {
    const { width, height } = this.room;
    if (width === 0 || height === 0) return false;
    return this.drawn !== this.data || this.width !== width || this.height !== height;
  }

  async drawOnce(Plotly) {
    const { data, drawn, frame } = this;
    this.drawn = data;
    ({ width: this.width, height: this.height } = this.room);
    if (drawn === data && this.node) {
      await Plotly.relayout(this.node, { width: this.width, height: this.height });
      return;
    }
    const { traces, layout } = this.figureOf(data, drawn);
    const isNew = !this.node;
    if (isNew) {
      frame.textContent = "";
      this.node = frame.appendChild(document.createElement("div"));
    }
    // Size and double click are ours: see `update` and `reset`.
    const config = { ...data.config, responsive: false, doubleClick: false };
    await Plotly.react(this.node, traces, layout, config);
    if (isNew) {
      this.node.on("plotly_relayout", (change) => this.noteZoom(change));
      this.node.on("plotly_doubleclick", () => this.reset(Plotly));
      this.node.on("plotly_click", (event) => this.sendClick(event));
    }
  }

  /** The new figure, seen through the user's zoom. Plotly keeps the copy, and writes into it. */
  figureOf(data, drawn) {
    const { data: traces, layout } = structuredClone(data.figure);
    const revision = layout.uirevision;
    if (revision === undefined || revision !== drawn?.figure.layout.uirevision)
      this.zoomed.clear();
    for (const axis of this.zoomed)
      layout[axis] = { ...layout[axis], range: [...this.node.layout[axis].range] };
    layout.width = this.width;
    layout.height = this.height;
    return { traces, layout };
  }

  /** Where a point was clicked, if the page wants to know: a pair of numbers. */
  sendClick({ points }) {
    if (!this.data.clicks || !points.length) return;
    const { x, y } = points[points.length - 1];
    this.tell("click", { x, y });
  }

  noteZoom(change) {
    for (const key of Object.keys(change)) {
      const axis = /^([xy]axis\d*)\.range/.exec(key)?.[1];
      if (axis) this.zoomed.add(axis);
    }
  }

  /** Back to the ranges of the figure shown, whatever they were when the user zoomed. */
  reset(Plotly) {
    const change = {};
    for (const axis of this.zoomed) {
      const range = this.drawn.figure.layout[axis]?.range;
      change[range ? `${axis}.range` : `${axis}.autorange`] = range ? [...range] : true;
    }
    Plotly.relayout(this.node, change).then(() => this.zoomed.clear());
  }

  /** The sentence in the chart's place. */
  fail() {
    if (this.node) window.Plotly.purge(this.node);
    this.drawn = null;
    this.node = null;
    this.frame.textContent = this.data.alt;
  }

  remove() {
    this.observer.disconnect();
    if (this.node) window.Plotly.purge(this.node);
  }
}
