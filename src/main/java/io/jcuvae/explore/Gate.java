package io.jcuvae.explore;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.server.Request;

/**
 * Lets in what the page itself asks. Any site that is open in the same browser can send requests to loopback; it cannot set
 * Host to an address that is not its own (so a name that is made to point here, DNS rebinding, is seen), nor hide its Origin.
 */
final class Gate {
    private final Set<String> hosts = new TreeSet<>();
    private final Set<String> origins = new TreeSet<>();
    private final Rate requests;
    private final Rate uploads;

    Gate(int port, Limits limits) {
        for (String name : List.of("127.0.0.1", "localhost")) {
            hosts.add(name + ":" + port);
            if (port == 80) {
                hosts.add(name);
            }
        }
        hosts.forEach(host -> origins.add("http://" + host));
        requests = new Rate(limits.requests(), 2 * limits.requests(), System::nanoTime);
        uploads = new Rate(limits.uploads(), 10 * limits.uploads(), System::nanoTime);
    }

    /**
     * Looks at where a request comes from.
     *
     * @throws Refusal if it is not the page, or comes too soon after many others
     */
    void check(Request request) {
        HttpFields headers = request.getHeaders();
        HttpURI uri = request.getHttpURI();
        String named = uri.getAuthority();
        boolean here = has(headers, HttpHeader.HOST.asString(), hosts)
                && (named == null || hosts.contains(named.toLowerCase(Locale.ROOT)));
        if (!here) {
            throw new Refusal(421, "this server is " + String.join(" or ", hosts) + " and answers to no other name");
        }
        boolean foreign = headers.contains(HttpHeader.ORIGIN) && !has(headers, HttpHeader.ORIGIN.asString(), origins);
        String site = headers.get("Sec-Fetch-Site");
        boolean followed = "/".equals(uri.getPath())
                && "GET".equals(request.getMethod())
                && "navigate".equals(headers.get("Sec-Fetch-Mode"))
                && "document".equals(headers.get("Sec-Fetch-Dest"));
        boolean elsewhere = site != null && !site.equals("same-origin") && !site.equals("none") && !followed;
        if (foreign || elsewhere) {
            throw new Refusal(403, "requests from other sites are not answered");
        }
        if (!requests.take()) {
            throw new Refusal(429, "too many requests; wait a moment");
        }
    }

    /**
     * Counts an upload.
     *
     * @throws Refusal if it comes too soon after many others
     */
    void checkUpload() {
        if (!uploads.take()) {
            throw new Refusal(429, "too many pictures; wait a moment");
        }
    }

    /** Whether a header is there once, with one of some values. */
    private static boolean has(HttpFields headers, String name, Set<String> values) {
        List<String> found = headers.getFields(name).stream()
                .map(HttpField::getValue)
                .map(value -> value == null ? "" : value.toLowerCase(Locale.ROOT))
                .toList();
        return found.size() == 1 && values.contains(found.get(0));
    }
}
