package io.manta.testkit.upgrade;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/// A driver as a process of its own, which works until its standard input ends. Its arguments are
/// its name and the addresses of nodes.
final class UpgradeDriver {
  static final String DONE = "UPGRADE DRIVER DONE ";

  private UpgradeDriver() {}

  public static void main(String[] arguments) throws Exception {
    List<String> addresses = List.of(arguments).subList(1, arguments.length);
    var over = new AtomicBoolean();
    Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              awaitEndOfInput();
              over.set(true);
            });
    try (Manta manta = Manta.connect(MantaConfig.defaults().withAddresses(addresses))) {
      UpgradeWork.prepare(manta);
      var work = new UpgradeWork(manta, arguments[0]);
      work.workUntil(over::get);
      System.out.println(DONE + work.rounds());
    }
  }

  private static void awaitEndOfInput() {
    try {
      while (System.in.read() >= 0) {
        // only its end counts
      }
    } catch (IOException e) {
      // the same as the end
    }
  }
}
