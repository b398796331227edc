package io.manta.testkit;

import io.manta.actors.MantaConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// A network on loopback that tests make slow, narrow or deaf, for each pair of processes and each
/// direction. It is a proxy before each process: others connect to the proxy's address, which is
/// what the process calls its own, while it binds another port. Who connects is known by the
/// address of loopback that each process has to itself, `127.0.0.2` and so on.
///
/// ```java
/// var network = new FaultyNetwork();
/// FaultyNetwork.Place place = network.add();
/// place.listen();
/// Manta node = Manta.start(place.configure(MantaConfig.defaults()));
/// network.around(place, LinkFault.delay(Duration.ofMillis(100)));
/// ```
///
/// [ProcessCluster#startOnFaultyNetwork] does that for each of its nodes. What is read from the
/// object store of the host does not pass here.
public final class FaultyNetwork implements AutoCloseable {
  /// The last part of addresses; each process of all networks of this JVM has another.
  private static final AtomicInteger HOSTS = new AtomicInteger();

  private static final int LAST_HOST = 250 * 250;

  /// Which ways a fault is on; empty is any process, those without a place, too.
  private record Rule(Optional<String> from, Optional<String> to, LinkFault fault) {
    boolean covers(String sender, String receiver) {
      return from.map(sender::equals).orElse(true) && to.map(receiver::equals).orElse(true);
    }

    boolean hasWaysOf(Rule other) {
      return from.equals(other.from) && to.equals(other.to);
    }
  }

  /// @param thread that takes connections
  private record Listener(ServerSocket socket, Thread thread) {}

  private record Pair(String from, String to) {}

  private final List<Rule> rules = new ArrayList<>();
  private final ConcurrentHashMap<Pair, Way> ways = new ConcurrentHashMap<>();
  private final List<Place> places = new CopyOnWriteArrayList<>();

  /// Where a process is to be. Its port refuses until [Place#listen].
  ///
  /// @throws UnsupportedOperationException where loopback has only the address 127.0.0.1
  public Place add() {
    int number = HOSTS.updateAndGet(last -> last % LAST_HOST + 1);
    var place = new Place("127.0.%d.%d".formatted(number / 250, 1 + number % 250));
    places.add(place);
    return place;
  }

  /// Its port refuses, and it is forgotten.
  void remove(Place place) {
    place.refuse();
    places.remove(place);
    ways.keySet().removeIf(pair -> pair.from.equals(place.host) || pair.to.equals(place.host));
  }

  /// From now on this befalls what goes between two, both ways.
  public void between(Place one, Place other, LinkFault fault) {
    set(
        new Rule(Optional.of(one.host), Optional.of(other.host), fault),
        new Rule(Optional.of(other.host), Optional.of(one.host), fault));
  }

  /// From now on this befalls what one sends to another, and not what comes back.
  public void oneWay(Place from, Place to, LinkFault fault) {
    set(new Rule(Optional.of(from.host), Optional.of(to.host), fault));
  }

  /// From now on this befalls all that one sends and all that is sent to it.
  public void around(Place place, LinkFault fault) {
    set(
        new Rule(Optional.of(place.host), Optional.empty(), fault),
        new Rule(Optional.empty(), Optional.of(place.host), fault));
  }

  /// From now on this befalls everything.
  public void everywhere(LinkFault fault) {
    synchronized (rules) {
      rules.clear();
      set(new Rule(Optional.empty(), Optional.empty(), fault));
    }
  }

  /// Ends all faults.
  public void heal() {
    everywhere(LinkFault.none());
  }

  /// The last one that covers a way counts.
  private void set(Rule... added) {
    synchronized (rules) {
      for (Rule rule : added) {
        rules.removeIf(rule::hasWaysOf);
        rules.add(rule);
      }
      ways.forEach((pair, way) -> way.set(fault(pair)));
    }
    places.forEach(Place::endBroken);
  }

  private LinkFault fault(Pair pair) {
    synchronized (rules) {
      return rules.reversed().stream()
          .filter(rule -> rule.covers(pair.from, pair.to))
          .map(Rule::fault)
          .findFirst()
          .orElse(LinkFault.none());
    }
  }

  private Way way(String from, String to) {
    var pair = new Pair(from, to);
    synchronized (rules) { // no rule is added between reading them and keeping the way
      return ways.computeIfAbsent(pair, missing -> new Way(fault(missing)));
    }
  }

  /// Ends all connections; all ports refuse.
  @Override
  public void close() {
    places.forEach(Place::refuse);
  }

  /// The address of one process, and the proxy before it.
  public final class Place {
    private final String host;
    private final int port;
    private final int bindPort;
    private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();
    private @Nullable Listener listener;

    private Place(String host) {
      this.host = host;
      try (ServerSocket one = anyPort(host);
          ServerSocket other = anyPort(host)) {
        this.port = one.getLocalPort();
        this.bindPort = other.getLocalPort();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /// `manta://host:port`, as others see it.
    public String address() {
      return "manta://" + host + ":" + port;
    }

    /// These settings for the process that is to be here, a node or a driver.
    public MantaConfig configure(MantaConfig config) {
      return config.withHost(host).withPort(port).withBindHost(host).withBindPort(bindPort);
    }

    /// Its port takes connections from now on, until [#refuse]. To be called before the process
    /// starts; no effect while it does so already.
    public synchronized void listen() {
      if (listener != null) {
        return;
      }
      try {
        var socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(host), port));
        listener =
            new Listener(
                socket,
                Thread.ofVirtual().name("faulty-network-" + host).start(() -> accept(socket)));
      } catch (IOException e) {
        throw new UncheckedIOException("port " + port + " of " + host + " can't be opened", e);
      }
    }

    /// Its port refuses from now on and its connections end, as those of a process that ended: the
    /// proxy can't know that by itself.
    public synchronized void refuse() {
      Listener open = listener;
      listener = null;
      if (open != null) {
        closeQuietly(open.socket);
        awaitEnd(open.thread); // until it has left, the port still takes connections
      }
      connections.forEach(ProxiedConnection::end);
    }

    private static void awaitEnd(Thread thread) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void accept(ServerSocket socket) {
      while (!socket.isClosed()) {
        try {
          Socket client = socket.accept();
          Thread.ofVirtual().name("faulty-network-connect").start(() -> connect(client));
        } catch (IOException e) {
          // closed, or the client has gone
        }
      }
    }

    private void connect(Socket client) {
      String from = client.getInetAddress().getHostAddress();
      var server = new Socket();
      try {
        server.connect(new InetSocketAddress(InetAddress.ofLiteral(host), bindPort));
        var connection =
            new ProxiedConnection(
                client, server, way(from, host), way(host, from), connections::remove);
        connections.add(connection);
        connection.start();
        if (isRefusing()) {
          connection.end();
        }
      } catch (IOException e) {
        closeQuietly(client); // nobody is there
        closeQuietly(server);
      }
    }

    private synchronized boolean isRefusing() {
      return listener == null;
    }

    private void endBroken() {
      connections.forEach(ProxiedConnection::endIfBroken);
    }

    @Override
    public String toString() {
      return address();
    }
  }

  static void closeQuietly(AutoCloseable some) {
    try {
      some.close();
    } catch (Exception e) {
      // It is of no use any more.
    }
  }

  private static ServerSocket anyPort(String host) throws IOException {
    try {
      return new ServerSocket(0, 1, InetAddress.ofLiteral(host));
    } catch (BindException e) {
      throw new UnsupportedOperationException(
          "this system has no loopback address %s, as macOS; add it: sudo ifconfig lo0 alias %s"
              .formatted(host, host),
          e);
    }
  }
}
