package io.jcuvae.report;

/** HTML as text: whatever comes from outside, data's names and paths and messages, goes through {@link #escape}. */
final class Html {
    private final StringBuilder out = new StringBuilder();

    /** Text as it stands in elements and in quoted attributes; control characters, which no page may hold, become spaces. */
    static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.append(c < ' ' && c != '\n' || c == 0x7f || c == 0xfffe || c == 0xffff ? ' ' : c);
            }
        }
        return escaped.toString();
    }

    /** Adds markup as it is. */
    Html raw(String markup) {
        out.append(markup);
        return this;
    }

    /** Adds text. */
    Html text(String text) {
        out.append(escape(text));
        return this;
    }

    /** Adds an element with text in it; the tag may have attributes. */
    Html element(String tag, String text) {
        String name = tag.split(" ", 2)[0];
        out.append('<')
                .append(tag)
                .append('>')
                .append(escape(text))
                .append("</")
                .append(name)
                .append(">\n");
        return this;
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
