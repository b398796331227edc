package io.manta.sharding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.manta.core.NodeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
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
        ClusterSystem.start(NodeId.random(), "127.0.0.1", 0, true);
    private final RecordsReplica replica;
    private volatile Map<String, byte[]> records = Map.of();

    Node(Optional<Path> folder, String... peers) {
      replica = RecordsReplica.open(system.system(), folder);
      system.join(List.of(peers), LIMIT);
      system.members();
      replica.start(all -> records = all);
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
          .containsOnly(Map.entry(KEPT + "a", new byte[] {2}), Map.entry(KEPT + "b", new byte[] {4}));
    }
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
      for (int i = 0; i < 32; i++) {
        one.put(KEPT + i, new byte[32 << 10]);
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

  private static long size(Path records) throws IOException {
    return Files.size(records.resolve("manta-kept-records.data"));
  }
}
