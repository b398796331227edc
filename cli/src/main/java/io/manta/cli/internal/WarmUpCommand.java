package io.manta.cli.internal;

import io.manta.actors.ActorHandle;
import io.manta.actors.Manta;
import io.manta.actors.MantaConfig;
import io.manta.actors.RemoteActor;
import io.manta.cli.Ports;
import io.manta.core.ObjectRef;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// Does a little of everything that a node and a program do, and for a while what they do most, for
/// the launcher to have Java record the classes that they load and how their methods run. A process
/// that starts with such a record need not gather it again before its methods are compiled well:
/// [JEP 515](https://openjdk.org/jeps/515).
@Command(name = "warm-up", hidden = true)
final class WarmUpCommand implements Callable<Integer> {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration PRACTICE = Duration.ofSeconds(3);
  private static final int CALLS = 100;
  private static final int LARGE = 100_000;

  /// Something to call.
  static final class Echo extends RemoteActor {
    private String last = "";

    String say(String word) {
      last = word;
      return last;
    }
  }

  @Override
  public Integer call() throws Exception {
    try (Manta embedded = Manta.start()) {
      practise(embedded);
    }
    List<Integer> ports = Ports.free(2);
    MantaConfig config =
        MantaConfig.defaults().withPort(ports.getFirst()).withHttpPort(ports.getLast());
    try (Manta node = Manta.start(config)) {
      work(node);
      try (Manta driver = Manta.connect(node.address().orElseThrow())) {
        NodeTable.of(driver.nodes()).lines();
        practise(driver);
      }
      get(URI.create("http://127.0.0.1:" + ports.getLast() + "/-/healthz"));
    }
    return 0;
  }

  private static void practise(Manta manta) {
    long end = System.nanoTime() + PRACTICE.toNanos();
    while (System.nanoTime() < end) {
      work(manta);
    }
  }

  /// Tasks and calls of an actor, many at a time and one at a time, with small values and a large.
  private static void work(Manta manta) {
    ObjectRef<List<Integer>> numbers = manta.put(new ArrayList<>(List.of(1, 2, 3)));
    manta.submit(() -> numbers.get().size()).get(LIMIT);
    ObjectRef<long[]> large = manta.put(new long[LARGE]);
    manta.submit(() -> large.get().length).get(LIMIT);
    large.close();
    ActorHandle<Echo> echo = manta.actor(Echo::new).create();
    var words = new ArrayList<ObjectRef<String>>();
    for (int i = 0; i < CALLS; i++) {
      String word = "word " + i;
      words.add(manta.submit(() -> word));
      words.add(echo.call(actor -> actor.say(word)));
    }
    for (String word : manta.get(words, LIMIT)) {
      manta.submit(() -> word).get(LIMIT);
      echo.call(actor -> actor.say(word)).get(LIMIT);
    }
    echo.kill();
  }

  /// Nothing may answer: serving may not be on the class path.
  private static void get(URI uri) throws InterruptedException {
    try (var client = HttpClient.newHttpClient()) {
      client.send(HttpRequest.newBuilder(uri).timeout(LIMIT).build(), BodyHandlers.ofString());
    } catch (IOException e) {
      // Then no more classes are recorded.
    }
  }
}
