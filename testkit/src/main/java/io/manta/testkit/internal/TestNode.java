package io.manta.testkit.internal;

import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import java.io.IOException;
import java.nio.file.Path;

/// A node as a process of its own. Its argument is a file of settings. It prints one line when it
/// is up, and ends when its standard input does.
public final class TestNode {
  /// What the line starts with that says it is up; the address and the id follow.
  public static final String UP = "TEST NODE UP ";

  private TestNode() {}

  public static void main(String[] arguments) {
    Thread.ofPlatform().daemon().name("parent-watch").start(TestNode::endWithParent);
    Manta manta = Manta.start(MantaConfig.defaults().withFile(Path.of(arguments[0])));
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(manta::close));
    System.out.println(UP + manta.address().orElse("") + " " + manta.id());
    manta.whenClosed().toCompletableFuture().join();
  }

  private static void endWithParent() {
    try {
      while (System.in.read() >= 0) {
        // only its end counts
      }
    } catch (IOException e) {
      // the same as the end
    }
    Runtime.getRuntime().halt(0);
  }
}
