package io.jcuvae.report;

import java.awt.image.BufferedImage;
import java.util.List;

/**
 * A page that is one file: it may load nothing, runs no script, follows the reader's theme, and is read on a telephone as on a
 * desk.
 */
final class Page {
    private static final String STYLE = """
            :root { --ink: #1a1c1f; --quiet: #55595f; --grid: #dcdfe3; --ground: #ffffff; --card: #f4f5f7; --accent: #0b5fa5; }
            @media (prefers-color-scheme: dark) {
              :root { --ink: #e8eaed; --quiet: #adb3ba; --grid: #3a3f46; --ground: #14171a; --card: #1e2226; --accent: #7cc0f5; }
            }
            :root { color-scheme: light dark; }
            * { box-sizing: border-box; }
            body { margin: 0; background: var(--ground); color: var(--ink); overflow-wrap: anywhere;
              font: 16px/1.5 system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', Arial, sans-serif; }
            header, main, footer { max-width: 1240px; margin: 0 auto; padding: 0 16px; }
            h1 { font-size: 1.6rem; line-height: 1.2; margin: 24px 0 4px; }
            h2 { font-size: 1.2rem; margin: 36px 0 8px; border-bottom: 1px solid var(--grid); padding-bottom: 4px; }
            h3 { font-size: 1rem; margin: 16px 0 6px; }
            p { margin: 6px 0; }
            .quiet, figcaption { color: var(--quiet); font-size: 0.9rem; }
            .status { border-left: 4px solid var(--accent); background: var(--card); padding: 8px 12px; margin: 12px 0; }
            .status.failed { border-color: #d55e00; }
            .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 10px; margin: 12px 0; }
            .tiles div { background: var(--card); padding: 8px 12px; border-radius: 6px; }
            .tiles b { display: block; font-size: 1.35rem; line-height: 1.3; }
            .wide { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); gap: 16px 28px; }
            .half { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 16px 28px; }
            .wide > *, .half > * { min-width: 0; }
            .scroll { overflow-x: auto; }
            table { border-collapse: collapse; font-size: 0.95rem; }
            th, td { text-align: left; vertical-align: top; padding: 3px 18px 3px 0; border-bottom: 1px solid var(--grid); }
            thead th { color: var(--quiet); font-weight: 600; }
            tbody th { font-weight: 600; min-width: 10em; }
            td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
            code, pre { font: 0.9rem/1.5 ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; }
            pre { background: var(--card); padding: 10px 12px; border-radius: 6px; white-space: pre-wrap; margin: 8px 0; }
            svg, img { display: block; width: 100%; height: auto; }
            figure { margin: 12px 0; }
            details summary { cursor: pointer; color: var(--accent); margin: 8px 0; }
            .lines { display: grid; grid-template-columns: minmax(8.5em, max-content) minmax(0, 1fr); gap: 4px 12px;
              align-items: center; font-size: 0.9rem; }
            .bar { background: #0072b2; height: 12px; border-radius: 2px; min-width: 1px; }
            @media (max-width: 520px) { .lines { grid-template-columns: minmax(0, 1fr); } }
            footer { color: var(--quiet); font-size: 0.85rem; padding-top: 28px; padding-bottom: 28px; }
            """;

    private Page() {}

    /**
     * A whole page.
     *
     * @param refresh seconds after which it loads itself again, 0 for never
     * @param body markup
     */
    static String of(String title, int refresh, String body) {
        Html page = new Html();
        page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.raw("<meta http-equiv=\"Content-Security-Policy\"");
        page.raw(" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n");
        page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        if (refresh > 0) {
            page.raw("<meta http-equiv=\"refresh\" content=\"" + refresh + "\">\n");
        }
        page.raw("<link rel=\"icon\" href=\"data:,\">\n").element("title", title);
        page.raw("<style>\n")
                .raw(STYLE)
                .raw("</style>\n</head>\n<body>\n")
                .raw(body)
                .raw("</body>\n</html>\n");
        return page.toString();
    }

    /** The rows of a table of names and values. */
    static String facts(List<String[]> rows) {
        Html html = new Html().raw("<div class=\"scroll\"><table><tbody>\n");
        for (String[] row : rows) {
            html.raw("<tr>")
                    .element("th scope=\"row\"", row[0])
                    .element("td", row[1])
                    .raw("</tr>\n");
        }
        return html.raw("</tbody></table></div>\n").toString();
    }

    /**
     * A table with a head.
     *
     * @param numeric whether all but the first column are numbers
     */
    static String table(List<String> head, List<List<String>> rows, boolean numeric) {
        String kind = numeric ? " class=\"number\"" : "";
        Html html = new Html().raw("<div class=\"scroll\"><table><thead><tr>");
        for (int c = 0; c < head.size(); c++) {
            html.element("th scope=\"col\"" + (c == 0 ? "" : kind), head.get(c));
        }
        html.raw("</tr></thead><tbody>\n");
        for (List<String> row : rows) {
            html.raw("<tr>").element("th scope=\"row\"", row.get(0));
            for (String cell : row.subList(1, row.size())) {
                html.element("td" + kind, cell);
            }
            html.raw("</tr>\n");
        }
        return html.raw("</tbody></table></div>\n").toString();
    }

    /**
     * A picture.
     *
     * @param wanted about how wide it is shown where there is room, in pixels; its own pixels become squares of whole ones
     */
    static String picture(BufferedImage image, int wanted, String description) {
        int zoom = Pictures.zoom(image.getWidth(), wanted);
        BufferedImage large = Pictures.enlarged(image, zoom);
        return "<img src=\"" + SvgCanvas.dataUri(PngCanvas.png(large)) + "\" width=\"" + large.getWidth()
                + "\" height=\""
                + large.getHeight() + "\" style=\"max-width:" + large.getWidth() + "px\" alt=\""
                + Html.escape(description)
                + "\">\n";
    }

    /** A line of a shell, its words quoted where they must be. */
    static String quoted(String word) {
        return word.matches("[A-Za-z0-9_@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
