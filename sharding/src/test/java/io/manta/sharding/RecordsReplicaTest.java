package io.manta.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.typesafe.config.ConfigFactory;
import io.manta.core.NodeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.MemberStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class RecordsReplicaTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String KEPT = RecordsReplica.KEPT + "things/";

  @TempDir private Path folder;

  /// A member with its records.
  private static final class Node implements AutoCloseable {
    private final ClusterSystem system =
        ClusterSystem.start(NodeId.random(), Listening.at("127.0.0.1", 0), true, Optional.empty());
    private final RecordsReplica replica;
    private volatile Map<String, byte[]> records = Map.of();
    private volatile Consumer<Map<String, byte[]>> listener = all -> {};

    Node(Optional<Path> folder, String... peers) {
      replica = RecordsReplica.open(system.system(), folder);
      system.join(List.of(peers), LIMIT);
      system.members();
      replica.start(
          all -> {
            records = all;
            listener.accept(all);
          });
    }

    void put(String key, byte[] value) throws Exception {
      assertThat(replica.put(key, value).get(30, TimeUnit.SECONDS)).isTrue();
    }

    @Override
    public void close() {
      system.close();
      replica.close();
    }
  }

  @Test
  void shouldHaveTheKeptRecordsAgainWhenAllWereStopped() throws Exception {
    try (var node = new Node(Optional.of(folder))) {
      node.put("passing", new byte[] {1});
      node.put(KEPT + "a", new byte[] {2});
      node.put(KEPT + "b", new byte[] {3});
      node.put(KEPT + "b", new byte[] {4});
      node.put(KEPT + "removed", new byte[] {5});
      assertThat(node.replica.remove(KEPT + "removed").get(30, TimeUnit.SECONDS)).isTrue();
    }
    try (var node = new Node(Optional.of(folder))) {
      await().atMost(LIMIT).until(() -> node.records.size() == 2);
      assertThat(node.records)
          .containsOnly(
              Map.entry(KEPT + "a", new byte[] {2}), Map.entry(KEPT + "b", new byte[] {4}));
    }
  }

  /// What one is told when another record changes has all that was written before.
  @Test
  void shouldTellNothingWithoutWhatWasWritten() throws Exception {
    Set<String> written = ConcurrentHashMap.newKeySet();
    Queue<String> missing = new ConcurrentLinkedQueue<>();
    try (var node = new Node(Optional.empty())) {
      node.listener =
          all -> written.stream().filter(key -> !all.containsKey(key)).forEach(missing::add);
      for (int i = 0; i < 30; i++) {
        String key = (i % 2 == 0 ? "passing/" : KEPT) + i;
        node.put(key, new byte[] {1});
        written.add(key);
      }
      await().atMost(LIMIT).until(() -> node.records.size() == 30);
    }
    assertThat(missing).isEmpty();
  }

  @Test
  void shouldLeaveRemovedWhatAnotherRemovedWhileItWasAway() throws Exception {
    Path other = folder.resolve("other");
    try (var one = new Node(Optional.of(folder.resolve("one")))) {
      try (var away = new Node(Optional.of(other), one.system.address())) {
        one.put(KEPT + "a", new byte[] {1});
        one.put(KEPT + "b", new byte[] {2});
        await().atMost(LIMIT).until(() -> away.records.size() == 2);
      }
      assertThat(one.replica.remove(KEPT + "a").get(30, TimeUnit.SECONDS)).isTrue();
      try (var back = new Node(Optional.of(other), one.system.address())) {
        await().atMost(LIMIT).until(() -> back.replica.readAll().get(30, TimeUnit.SECONDS));
        assertThat(back.records).containsOnlyKeys(KEPT + "b");
      }
    }
  }

  @Test
  void shouldTellAMemberThatJoinsAMegabyteOfRecords() throws Exception {
    try (var one = new Node(Optional.empty())) {
      var random = new Random(1);
      for (int i = 0; i < 32; i++) {
        var value = new byte[32 << 10];
        random.nextBytes(value); // which can't be compressed
        one.put(KEPT + i, value);
      }
      try (var other = new Node(Optional.empty(), one.system.address())) {
        await().atMost(LIMIT).until(() -> other.replica.readAll().get(30, TimeUnit.SECONDS));
        assertThat(other.records).hasSize(32);
        one.put(KEPT + "new", new byte[] {1});
        await().atMost(LIMIT).until(() -> other.records.containsKey(KEPT + "new"));
      }
    }
  }

  @Test
  void shouldWriteWhatItCouldNotAsSoonAsItCan() throws Exception {
    try (var node = new Node(Optional.of(folder))) {
      node.put(KEPT + "a", new byte[] {1});
      Path records = folder.resolve("records");
      // In the way of the next write, also for root.
      Path obstacle = records.resolve("manta-kept-records.data.next");
      Files.createDirectories(obstacle.resolve("full"));
      assertThat(node.replica.put(KEPT + "b", new byte[] {2}).get(30, TimeUnit.SECONDS)).isFalse();
      Files.delete(obstacle.resolve("full"));
      Files.delete(obstacle);
      await().atMost(LIMIT).until(() -> size(records) > 1);
      node.put(KEPT + "c", new byte[] {3});
    }
    try (var node = new Node(Optional.of(folder))) {
      await().atMost(LIMIT).until(() -> node.records.size() == 3);
    }
  }

  /// A member where the part of processes that ended is soon taken over.
  private record Life(ActorSystem system, RecordsReplica replica, Map<String, byte[]> records)
      implements AutoCloseable {
    /// @param remembered how long it is known that this was done
    static Life of(Path folder, String remembered, Optional<Life> peer) {
      ActorSystem system =
          ActorSystem.create(
              "lives",
              ConfigFactory.parseString(
                      """
                      pekko.remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                      pekko.actor.provider = cluster
                      pekko.cluster.distributed-data {
                        pruning-interval = 200ms
                        max-pruning-dissemination = 200ms
                        durable.pruning-marker-time-to-live = %s
                      }
                      pekko.loglevel = OFF
                      """
                          .formatted(remembered))
                  .withFallback(ConfigFactory.parseResources("manta-cluster.conf"))
                  .withFallback(ConfigFactory.load()));
      RecordsReplica replica = RecordsReplica.open(system, Optional.of(folder));
      Cluster cluster = Cluster.get(system);
      cluster.join(
          peer.map(life -> Cluster.get(life.system).selfAddress()).orElseGet(cluster::selfAddress));
      await().atMost(LIMIT).until(() -> cluster.selfMember().status() == MemberStatus.up());
      var records = new ConcurrentHashMap<String, byte[]>();
      replica.start(
          all -> {
            records.keySet().retainAll(all.keySet());
            records.putAll(all);
          });
      return new Life(system, replica, records);
    }

    /// Goes on for long enough to take over the part of those before it.
    void writeForAWhile() {
      await()
          .atMost(LIMIT)
          .during(Duration.ofMillis(1_500))
          .pollInterval(Duration.ofMillis(100))
          .until(() -> replica.put(KEPT + "a", new byte[] {1}).get(30, TimeUnit.SECONDS));
    }

    @Override
    public void close() {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().join();
      replica.close();
    }
  }

  @Test
  void shouldKeepNothingOfProcessesThatEndedLongAgo() throws Exception {
    Path records = folder.resolve("records");
    long first = 0;
    for (int life = 0; life < 6; life++) {
      try (Life alone = Life.of(folder, "1s", Optional.empty())) {
        alone.writeForAWhile();
      }
      first = life == 0 ? size(records) : first;
    }
    assertThat(size(records)).isLessThan(first * 2);
  }

  @Test
  void shouldLeaveRemovedWhatAnOldCopyBringsBack() throws Exception {
    Path old = folder.resolve("old");
    Path now = folder.resolve("now");
    try (Life life = Life.of(now, "1h", Optional.empty())) {
      life.replica.put(KEPT + "removed", new byte[] {1}).get(30, TimeUnit.SECONDS);
      life.writeForAWhile();
    }
    Files.createDirectories(old.resolve("records"));
    Files.copy(
        now.resolve("records/manta-kept-records.data"),
        old.resolve("records/manta-kept-records.data"));
    try (Life life = Life.of(now, "1h", Optional.empty())) {
      life.replica.remove(KEPT + "removed").get(30, TimeUnit.SECONDS);
      life.writeForAWhile();
    }

    try (Life life = Life.of(now, "1h", Optional.empty());
        Life back = Life.of(old, "1h", Optional.of(life))) {
      await().atMost(LIMIT).until(() -> back.replica.readAll().get(30, TimeUnit.SECONDS));
      life.writeForAWhile();
      assertThat(back.records).containsOnlyKeys(KEPT + "a");
      assertThat(life.records).containsOnlyKeys(KEPT + "a");
    }
  }

  private static long size(Path records) throws IOException {
    return Files.size(records.resolve("manta-kept-records.data"));
  }
}
