"""Scripts that watch a page: its charts' nodes, blank frames, what moves, and what stands twice."""

# Before the page's own scripts: what moved by itself, and in what.
WATCH_SHIFTS = """
    window.shifts = [];
    const inside = node => node?.closest?.("[data-testid=stPlotlyChart]")
        || node?.querySelector?.("[data-testid=stPlotlyChart]");
    new PerformanceObserver(list => {
        for (const shift of list.getEntries())
            for (const { node } of shift.sources)
                if (inside(node)) window.shifts.push(`${shift.value} ${node.className}`);
    }).observe({ type: "layout-shift", buffered: true });
"""
# From here on: the charts' nodes, and in each frame whether each of them shows something.
WATCH_NODES = """
() => {
    const nodes = () => [...document.querySelectorAll(".js-plotly-plot")];
    window.first = nodes();
    window.frames = 0;
    window.blank = 0;
    const look = () => {
        window.frames += 1;
        const now = nodes();
        if (now.length !== 2 || now.some(node =>
            !node.querySelector(".main-svg .trace") || !node.getBoundingClientRect().width))
            window.blank += 1;
        window.watching = requestAnimationFrame(look);
    };
    look();
}
"""
# What came of it.
SEEN = """
() => {
    cancelAnimationFrame(window.watching);
    const now = [...document.querySelectorAll(".js-plotly-plot")];
    return {
        same: now.length === 2 && now.every((node, i) => node === window.first[i]),
        frames: window.frames, blank: window.blank, shifts: window.shifts,
    };
}
"""
# Before the page's own scripts: how many stood there whenever the way to stop the map stood twice.
WATCH_TWINS = """
    window.twins = [];
    new MutationObserver(() => {
        const found = document.querySelectorAll(".st-key-survey_state").length;
        if (found > 1) window.twins.push(found);
    }).observe(document, { childList: true, subtree: true });
"""
