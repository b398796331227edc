package io.manta.cli.internal;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// A node as the main work of this process.
final class NodeMain {
  private static final int ENDED_BY_ITSELF = 3;

  private NodeMain() {}

  /// Ends this process at once when the standard input ends, which it does when the parent process
  /// holding its other end is gone.
  static void endWithStdin() {
    Thread.ofPlatform()
        .name("manta-parent-watch")
        .daemon()
        .start(
            () -> {
              try {
                while (System.in.read() >= 0) {
                  // Nothing is expected; only the end counts.
                }
              } catch (IOException e) {
                // As good as the end.
              }
              Runtime.getRuntime().halt(0);
            });
  }

  /// A node tells more than other commands. To be called before anything logs.
  static void tellMore() {
    if (System.getProperty("manta.log.level") == null) {
      System.setProperty("manta.log.level", "INFO");
    }
  }

  /// Runs a node until the process is asked to end, by Ctrl-C or SIGTERM; it leaves its cluster
  /// first.
  ///
  /// @param whenUp called once it is up
  static int run(MantaConfig config, NodeFolder folder, Consumer<NodeRecord> whenUp) {
    Manta node = Manta.start(config);
    var ended = new CountDownLatch(1);
    var asked = new AtomicBoolean();
    NodeRecord record =
        new NodeRecord(
            folder.recordFile(),
            ProcessHandle.current().pid(),
            ProcessHandle.current().info().startInstant().orElseGet(Instant::now),
            node.address().orElseThrow(),
            node.id().toString(),
            config.stateFolder().orElse(folder.state()).toAbsolutePath());
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("manta-leave")
                .unstarted(
                    () -> {
                      asked.set(true);
                      node.close();
                      record.delete();
                      ended.countDown();
                    }));
    folder.create(); // not for a node that can't start
    record.write();
    whenUp.accept(record);
    // It may also end by itself: removed from the cluster, or out of memory; its log says why.
    node.whenClosed().toCompletableFuture().join();
    if (!asked.get()) {
      return ENDED_BY_ITSELF;
    }
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }
}
