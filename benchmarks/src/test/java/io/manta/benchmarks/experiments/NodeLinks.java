package io.manta.benchmarks.experiments;

import java.util.Arrays;
import java.util.List;
import org.slf4j.LoggerFactory;

/// Ways for two processes on one machine to talk over Artery TCP, and settings of Artery: messages
/// of 100 bytes, each echoed.
///
/// Arguments: the number of runs (3); `ways` (all, with Pekko's settings), `tuned` (all, with the
/// settings chosen) or `settings` (all, with the way chosen); words that the names of those to run
/// contain.
public final class NodeLinks {
  /// `size`: messages of a batch, frames or messages of a window.
  record Way(String name, Kind kind, int size) {
    enum Kind {
      TELL,
      BATCH,
      LINK,
      LOSSY_LINK,
      RELIABLE,
      RELIABLE_FRAMES
    }
  }

  /// `dispatcher`: of the actor that receives; `onLane`: no actor receives but Artery's own thread.
  record Setting(String name, String dispatcher, boolean onLane, String config) {}

  private static final List<Way> WAYS =
      List.of(
          new Way("tell", Way.Kind.TELL, 1),
          new Way("batches of 10", Way.Kind.BATCH, 10),
          new Way("batches of 100", Way.Kind.BATCH, 100),
          new Way("link, window 4", Way.Kind.LINK, 4),
          new Way("link, window 8", Way.Kind.LINK, 8),
          new Way("link, window 16", Way.Kind.LINK, 16),
          new Way("link, window 8, 1 % of frames lost", Way.Kind.LOSSY_LINK, 8),
          new Way("reliable delivery", Way.Kind.RELIABLE, 50),
          new Way("reliable delivery, window 1000, in chunks", Way.Kind.RELIABLE, 1000),
          new Way("reliable delivery of frames", Way.Kind.RELIABLE_FRAMES, 50));

  private static final int CHOSEN_WAY = 4;
  private static final int CHOSEN_SETTING = 5;
  private static final String DEFAULT = "pekko.actor.default-dispatcher";
  private static final String ONE_LANE = "pekko.remote.artery.advanced.inbound-lanes = 1\n";

  private static final List<Setting> SETTINGS =
      List.of(
          new Setting("default", DEFAULT, false, ""),
          new Setting("1 inbound lane", DEFAULT, false, ONE_LANE),
          new Setting("1 lane, received on it", DEFAULT, true, ONE_LANE),
          new Setting("fork-join of 2, 4 lanes", "links", false, forkJoin(2)),
          new Setting("fork-join of 4", "links", false, ONE_LANE + forkJoin(4)),
          new Setting("fork-join of 2", "links", false, ONE_LANE + forkJoin(2)),
          new Setting("fork-join of 2, on the lane", "links", true, ONE_LANE + forkJoin(2)),
          new Setting("fork-join of 1", "links", false, ONE_LANE + forkJoin(1)),
          new Setting("fixed pool of 2", "links", false, ONE_LANE + fixed(2)),
          new Setting("fixed pool of 2, on the lane", "links", true, ONE_LANE + fixed(2)),
          new Setting("affinity pool of 2", "links", false, ONE_LANE + affinity(2)),
          new Setting(
              "virtual threads",
              "links",
              false,
              ONE_LANE + pool("virtual-thread-executor { }", 0)));

  private NodeLinks() {}

  public static void main(String[] arguments) {
    if (arguments.length == 4 && List.of("client", "server").contains(arguments[0])) {
      child(arguments);
      return;
    }
    int runs = arguments.length == 0 ? 3 : Integer.parseInt(arguments[0]);
    String what = arguments.length < 2 ? "ways" : arguments[1];
    List<String> words = Arrays.stream(arguments).skip(2).toList();
    List<String> names =
        what.equals("settings")
            ? SETTINGS.stream().map(Setting::name).toList()
            : WAYS.stream().map(Way::name).toList();
    var table = new Repeated(NodeLinks.class, runs);
    for (int i = 0; i < names.size(); i++) {
      if (words.isEmpty() || words.stream().anyMatch(names.get(i)::contains)) {
        int way = what.equals("settings") ? CHOSEN_WAY : i;
        int setting = what.equals("settings") ? i : what.equals("tuned") ? CHOSEN_SETTING : 0;
        table.option(
            names.get(i), "client", what, Integer.toString(way), Integer.toString(setting));
      }
    }
    System.out.println(table.table());
  }

  /// A client, which starts its server, or that server.
  private static void child(String[] arguments) {
    String name = arguments[0];
    var end =
        new LinkEnd(
            name,
            WAYS.get(Integer.parseInt(arguments[2])),
            SETTINGS.get(Integer.parseInt(arguments[3])));
    if (name.equals("server")) {
      end.serve();
      return;
    }
    int code = 1;
    Process server =
        Repeated.start(NodeLinks.class, "server", arguments[1], arguments[2], arguments[3]);
    try {
      new LinkClient(end, server.inputReader()).measure(!arguments[1].equals("settings"));
      code = 0;
    } catch (Exception e) {
      LoggerFactory.getLogger(NodeLinks.class).error("The measurement failed", e);
    } finally {
      server.destroyForcibly();
      System.exit(code);
    }
  }

  private static String forkJoin(int threads) {
    return pool("fork-join-executor { parallelism-min = %1$d, parallelism-max = %1$d }", threads);
  }

  private static String fixed(int threads) {
    return pool("thread-pool-executor { fixed-pool-size = %1$d }", threads);
  }

  private static String affinity(int threads) {
    return pool(
        "affinity-pool-executor { parallelism-min = %1$d, parallelism-max = %1$d,"
            + " idle-cpu-level = 5 }",
        threads);
  }

  /// One pool under the port, Artery's streams and the connections.
  private static String pool(String executor, int threads) {
    String name = executor.substring(0, executor.indexOf(' '));
    return """
    links { type = Dispatcher, throughput = 20, executor = %s, %s }
    pekko.remote.artery.advanced.use-dispatcher = links
    pekko.io.tcp.worker-dispatcher = links
    """
        .formatted(name, executor.formatted(threads));
  }
}
