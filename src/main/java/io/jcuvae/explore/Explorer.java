package io.jcuvae.explore;

import io.jcuvae.jobs.PickedRows;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * Serves the explorer's page and what it asks, on loopback alone. The thread that calls {@link #work} is the only one that uses
 * the model; the server's threads, few and bounded, take requests in and send answers out, and wait for nobody.
 */
public final class Explorer implements AutoCloseable {
    private static final String LOOPBACK = "127.0.0.1";
    private static final int MOST_THREADS = 8;
    private static final int MOST_HEADERS = 8 << 10;

    private final Limits limits;
    private final Turns turns;
    private final Deadlines deadlines;
    private final Site site;
    private final QueuedThreadPool threads = new QueuedThreadPool(MOST_THREADS, 2);
    private final Server server = new Server(threads);

    /**
     * Encodes the rows and makes everything ready but the port.
     *
     * @param rows of the map
     * @param where which rows they are, as in {@code mnist-sample (test)}
     * @throws UserError for a model whose latents cannot be moved by themselves
     */
    public Explorer(Model model, Backend backend, PickedRows rows, String where, Limits limits) {
        this.limits = limits;
        turns = new Turns(limits.turns());
        deadlines = new Deadlines(limits.seconds());
        site = new Site(new LiveModel(model, backend, rows), where, turns, deadlines);
    }

    /**
     * Listens.
     *
     * @param port 0 for any that is free
     * @return the page's address
     * @throws UserError if the port cannot be had
     */
    public URI open(int port) {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setSendDateHeader(false);
        http.setRequestHeaderSize(MOST_HEADERS);
        http.setUriCompliance(UriCompliance.UNAMBIGUOUS);
        http.setMaxUnconsumedRequestContentReads(1);
        threads.setName("explorer");
        threads.setDaemon(true);
        ServerConnector connector = new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        connector.setHost(LOOPBACK);
        connector.setPort(port);
        connector.setIdleTimeout(1000L * limits.seconds());
        connector.addBean(deadlines);
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(limits.connections(), connector));
        server.setErrorHandler(Site::fault);
        server.setHandler(site);
        try {
            connector.open();
            site.guard(new Gate(connector.getLocalPort(), limits));
            server.start();
            deadlines.watch(connector.getScheduler());
        } catch (IOException e) {
            boolean taken = e instanceof BindException || e.getCause() instanceof BindException;
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new UserError(
                    "--port " + port + ": " + (taken ? "another program listens there" : "cannot be listened on") + " ("
                            + cause.getMessage() + "); choose another port, or 0 for any that is free",
                    e);
        } catch (Exception e) {
            throw new Failure("the server did not start: " + e.getMessage(), e);
        }
        return URI.create("http://" + LOOPBACK + ":" + connector.getLocalPort() + "/");
    }

    /**
     * Answers what needs the model.
     *
     * @param until ends it
     */
    public void work(BooleanSupplier until) {
        turns.work(until);
    }

    /** Connections that are open. */
    int connections() {
        return deadlines.count();
    }

    /** Closes the port and every connection. */
    @Override
    public void close() {
        turns.close();
        try {
            server.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            throw new Failure("the server did not stop: " + e.getMessage(), e);
        }
    }
}
