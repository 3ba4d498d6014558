"""Where the panes of the trace screen are, at each size of the terminal."""

from __future__ import annotations

WIDE = 110
"""Columns from which the detail is beside the steps."""

WIDTHS = [(0, "-narrow"), (60, "-medium"), (WIDE, "-wide")]
HEIGHTS = [(0, "-tiny"), (10, "-flat"), (16, "-tall")]
"""Columns and lines from which a class applies to the screen."""

LAYOUT = """
TraceScreen {
    layout: vertical;
    background: $background;
    #title { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    #panes { height: 1fr; layout: vertical; }
    #steps { height: 2fr; }
    #right { height: 3fr; }
    #trace-detail { height: 3fr; }
    #picture { height: 2fr; display: none; }
    &.-tiny #title, &.-tiny SectionBar { display: none; }
    &.-flat TimeLine, &.-tiny TimeLine, &.-narrow TimeLine { display: none; }
    &.-wide #panes { layout: horizontal; }
    &.-wide #steps { width: 5fr; height: 1fr; }
    &.-wide #right { width: 7fr; height: 1fr; }
    &.-wide.-has-picture #picture { display: block; }
    &.-medium.-picture-part #picture { display: block; height: 1fr; }
    &.-medium.-picture-part #trace-detail { height: 3; }
    &.-narrow, &.-flat, &.-tiny {
        #right { display: none; }
        #steps { width: 1fr; height: 1fr; }
        #picture { display: none; }
    }
    #panes.-zoom-steps {
        #steps { display: block; width: 1fr; height: 1fr; }
        #right { display: none; }
    }
    #panes.-zoom-detail {
        #right { display: block; width: 1fr; height: 1fr; }
        #steps, #picture { display: none; }
    }
    &.-picture-part #panes.-zoom-detail {
        #picture { display: block; height: 1fr; }
        #trace-detail { height: 3; }
    }
    &.-narrow, &.-flat, &.-tiny {
        &.-picture-part #panes.-zoom-detail #trace-detail { height: 1; }
    }
    #panes.-zoom-picture {
        #right { display: block; width: 1fr; height: 1fr; }
        #picture { display: block; height: 1fr; }
        #steps, #trace-detail { display: none; }
    }
}
"""
