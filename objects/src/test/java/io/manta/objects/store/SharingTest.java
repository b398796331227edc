package io.manta.objects.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.DataSize;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.core.ObjectStoreFullException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// Several processes on one host.
class SharingTest {
  private static final long MIB = 1 << 20;
  private static final NodeId OTHER = new NodeId(2);

  @TempDir Path temporary;

  private StoreConfig config() {
    return StoreConfig.defaults()
        .withFolder(temporary.resolve("store"))
        .withSpillFolder(temporary.resolve("spill"))
        .withCapacity(new DataSize(64 * MIB))
        .withAllocateTimeout(Duration.ofSeconds(5));
  }

  private static ObjectId id(long number) {
    return new ObjectId(new NodeId(1), number);
  }

  private static void put(ObjectStore store, long number, long bytes) {
    try (Allocation room = store.create(id(number), bytes)) {
      room.segment().fill((byte) number);
      room.seal();
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldMapTheSameSegmentInTwoProcessesWhenBothRead() throws Exception {
    try (ObjectStore store = ObjectStore.open(config());
        StoreProcess other = StoreProcess.start(config())) {
      put(store, 3, 5 * MIB);
      MemorySegment view = store.view(id(3)).orElseThrow();
      Location at = store.pin(id(3), OTHER).orElseThrow();
      assertThat(other.map(at)).isEqualTo(3 * 5 * MIB);
      assertThat(StoreProcess.sum(view)).isEqualTo(3 * 5 * MIB);
      String own = Files.readString(Path.of("/proc/self/maps"));
      String others = Files.readString(Path.of("/proc/" + other.pid() + "/maps"));
      String segment = config().folder().toRealPath().resolve(at.segment()).toString();
      assertThat(own).contains(segment);
      assertThat(others.lines().filter(line -> line.contains(segment)))
          .isNotEmpty()
          .allMatch(line -> line.contains(" r--s "));
      assertThat(other.ask("write")).contains("read-only");
      assertThat(List.of(other.ask("forget"), other.read()))
          .containsExactlyInAnyOrder("forgotten", "unreachable");
      store.unpin(at, OTHER);
      assertThat(store.usage().pinned()).isEqualTo(5 * MIB);
    }
  }

  @Test
  void shouldCountAllProcessesWhenOneReserves() throws Exception {
    try (ObjectStore store =
            ObjectStore.open(config().withAllocateTimeout(Duration.ofMillis(300)));
        StoreProcess other = StoreProcess.start(config())) {
      other.put(1, 40 * MIB, 1);
      assertThat(store.usage().hostUsed()).isEqualTo(40 * MIB);
      assertThat(store.usage().used()).isZero();
      assertThatThrownBy(() -> put(store, 1, 30 * MIB))
          .isInstanceOf(ObjectStoreFullException.class);
      assertThat(other.ask("release")).isEqualTo("released");
      assertThat(other.ask("delete 1")).isEqualTo("true");
      // the other keeps the memory for its next object until this one calls for it
      try (ObjectStore patient = ObjectStore.open(config())) {
        put(patient, 1, 60 * MIB);
      }
    }
  }

  @Test
  void shouldSweepWhatADeadProcessLeftAndKeepItsReadersViews() throws Exception {
    try (ObjectStore store = ObjectStore.open(config())) {
      Optional<MemorySegment> view;
      Location at;
      Location unseen;
      try (StoreProcess other = StoreProcess.start(config())) {
        at = other.put(5, 30 * MIB, 5);
        unseen = other.put(6, 30 * MIB, 6);
        view = store.map(at, () -> {});
        other.kill();
      }
      assertThat(config().folder().resolve(at.segment())).exists();
      assertThat(store.usage().hostUsed()).isEqualTo(60 * MIB);
      // finds the dead process when there is no room
      put(store, 1, 60 * MIB);
      assertThat(config().folder().resolve(at.segment())).doesNotExist();
      assertThat(store.usage().hostUsed()).isEqualTo(60 * MIB);
      assertThat(StoreProcess.sum(view.orElseThrow())).isEqualTo(5 * 30 * MIB);
      assertThat(store.map(unseen, () -> {})).isEmpty();
    }
  }

  @Test
  void shouldSweepWhenOpenedAfterTheOnlyProcessDied() throws Exception {
    long before;
    try (StoreProcess other = StoreProcess.start(config())) {
      before = other.put(5, 30 * MIB, 5).host();
      other.kill();
    }
    try (ObjectStore store = ObjectStore.open(config());
        Stream<Path> files = Files.list(config().folder())) {
      assertThat(files.filter(file -> file.getFileName().toString().startsWith("segment-")))
          .isEmpty();
      assertThat(store.usage().hostUsed()).isZero();
      assertThat(store.usage().reserved()).isZero();
      assertThat(store.host()).isNotEqualTo(before);
    }
  }

  @Test
  void shouldTakeNothingOverFromTheDeadProcessWhoseEntryItGets() throws Exception {
    try (ObjectStore living = ObjectStore.open(config())) {
      Location at;
      try (StoreProcess other = StoreProcess.start(config())) {
        at = other.put(5, 30 * MIB, 5);
        other.kill();
      }
      try (ObjectStore store = ObjectStore.open(config())) {
        assertThat(store.usage().used()).isZero();
        assertThat(store.usage().hostUsed()).isZero();
        assertThat(config().folder().resolve(at.segment())).doesNotExist();
        put(store, 1, 60 * MIB);
      }
      assertThat(living.usage().reserved()).isZero();
    }
  }

  @Test
  void shouldRefuseLocationsOfOtherHosts() {
    try (ObjectStore store = ObjectStore.open(config());
        ObjectStore elsewhere =
            ObjectStore.open(config().withFolder(temporary.resolve("elsewhere")))) {
      put(store, 1, MIB);
      Location at = store.pin(id(1), OTHER).orElseThrow();
      assertThatThrownBy(() -> elsewhere.map(at, () -> {})).hasMessageContaining("another host");
      var outside = new Location(store.host(), "../../etc/passwd", 0, 1);
      assertThatThrownBy(() -> store.map(outside, () -> {}))
          .isInstanceOf(IllegalArgumentException.class);
      var tooLong = new Location(store.host(), at.segment(), at.offset(), 1L << 40);
      assertThatThrownBy(() -> store.map(tooLong, () -> {}))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void shouldBeFullWhenTheFileSystemIs() throws Exception {
    Path small = Files.createDirectory(temporary.resolve("small"));
    if (!run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", small.toString())) {
      org.junit.jupiter.api.Assumptions.abort("only root may mount");
    }
    try (ObjectStore store =
        ObjectStore.open(
            config()
                .withFolder(small.resolve("store"))
                .withSpillQuota(new DataSize(0))
                .withAllocateTimeout(Duration.ofMillis(300)))) {
      int stored = 0;
      try {
        for (; stored < 64; stored++) {
          put(store, stored, MIB);
        }
        throw new AssertionError("never full");
      } catch (ObjectStoreFullException e) {
        assertThat(e).hasMessageContaining("bytes are left on the file system");
      }
      assertThat(stored).isBetween(8, 15);
      for (int i = 0; i < stored; i++) {
        assertThat(store.read(id(i), StoreProcess::sum)).contains(i * MIB);
      }
      store.delete(id(0));
      put(store, 100, MIB);
    } finally {
      // the mapped ledger keeps it busy until it is collected
      assertThat(run("umount", "--lazy", small.toString())).isTrue();
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(List.of(command)).start();
    return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
  }
}
