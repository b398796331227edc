package io.manta.benchmarks;

import io.manta.benchmarks.internal.PekkoPeer;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/// Raw Pekko: the peer that makes the calls, and the process in which the actor lives, if that is
/// another.
record PekkoNode(PekkoPeer peer, Optional<Child> process) implements AutoCloseable {
  private static final Duration LIMIT = Launcher.START_LIMIT;

  /// The answer of the process, once it is up.
  record Up(String address) {}

  static PekkoNode open(Mode mode, Launcher launcher) throws Exception {
    return mode == Mode.PEKKO
        ? new PekkoNode(PekkoPeer.local(), Optional.empty())
        : connect(launcher);
  }

  private static PekkoNode connect(Launcher launcher) throws Exception {
    Child process = launcher.start("node of Pekko", Launcher.WARM, PekkoNode.class);
    try {
      String address = process.answer(Up.class, LIMIT).address();
      return new PekkoNode(PekkoPeer.connected(address), Optional.of(process));
    } catch (Exception e) {
      process.close();
      throw e;
    }
  }

  @Override
  public void close() throws Exception {
    try {
      peer.close();
    } finally {
      process.ifPresent(Child::close);
    }
  }

  /// The process.
  public static void main(String[] arguments) throws Exception {
    PrintStream answers = Child.answers();
    PekkoPeer peer = PekkoPeer.listening();
    answers.println(Json.line(new Up(peer.address())));
    new CountDownLatch(1).await();
  }
}
