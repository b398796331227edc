package io.manta.objects.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.core.DataSize;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.core.ObjectStoreFullException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpillTest {
  private static final long MIB = 1 << 20;

  @TempDir Path temporary;

  private StoreConfig config() {
    return StoreConfig.defaults()
        .withFolder(temporary.resolve("store"))
        .withCapacity(new DataSize(32 * MIB))
        .withSpillFolder(temporary.resolve("spill"))
        .withSpillFile(new DataSize(4 * MIB))
        .withAllocateTimeout(Duration.ofSeconds(10));
  }

  private static ObjectId id(long number) {
    return new ObjectId(new NodeId(1), number);
  }

  private static void put(ObjectStore store, long number) {
    try (Allocation room = store.create(id(number), MIB)) {
      room.segment().fill((byte) number);
      room.seal();
    }
  }

  private static void assertRead(ObjectStore store, long number) {
    assertThat(store.read(id(number), StoreProcess::sum)).contains((byte) number * MIB);
  }

  /// The sizes of those that are there; the store deletes some while this looks.
  private Map<Path, Long> spillFiles() throws IOException {
    var sizes = new HashMap<Path, Long>();
    Files.walkFileTree(
        temporary.resolve("spill"),
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            sizes.put(file, attributes.size());
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }
        });
    return sizes;
  }

  @Test
  void shouldSpillTheColdestAndBringThemBackWhenAskedFor() {
    try (ObjectStore store = ObjectStore.open(config())) {
      for (int i = 0; i < 20; i++) {
        put(store, i);
      }
      assertRead(store, 0);
      for (int i = 20; i < 60; i++) {
        put(store, i);
        // the one object that is in use all the time
        assertRead(store, 0);
      }
      assertThat(store.usage().hostUsed()).isLessThanOrEqualTo(32 * MIB);
      assertThat(store.usage().spilled()).isGreaterThanOrEqualTo(28 * MIB);
      assertThat(store.usage().spilled()).isLessThan(store.usage().objects() * MIB);
      for (int i = 0; i < 60; i++) {
        assertRead(store, i);
      }
    }
  }

  @Test
  void shouldSpillFromTheThresholdBeforeAnybodyWaits() throws IOException {
    try (ObjectStore store = ObjectStore.open(config())) {
      for (int i = 0; i < 25; i++) {
        put(store, i);
      }
      assertThat(spillFiles()).isEmpty();
      put(store, 25);
      await().atMost(Duration.ofSeconds(10)).until(() -> store.usage().spilled() > 0);
      await().atMost(Duration.ofSeconds(10)).until(() -> store.usage().used() == 22 * MIB);
      // fused
      assertThat(spillFiles().values()).singleElement().isEqualTo(4L * MIB);
    }
  }

  @Test
  void shouldDeleteAFileWithTheLastOfItsObjects() throws IOException {
    try (ObjectStore store = ObjectStore.open(config())) {
      for (int i = 0; i < 60; i++) {
        put(store, i);
      }
      // a file counts before it is written
      await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(
              () -> assertThat(store.usage().hostSpilled()).isEqualTo(sizeOnDisk()).isPositive());
      for (int i = 0; i < 59; i++) {
        store.delete(id(i));
      }
      assertThat(spillFiles()).hasSizeLessThanOrEqualTo(60 / 4);
      assertRead(store, 59);
      store.delete(id(59));
      await().atMost(Duration.ofSeconds(10)).until(() -> spillFiles().isEmpty());
      await().atMost(Duration.ofSeconds(10)).until(() -> store.usage().hostSpilled() == 0);
      assertThat(store.usage().used()).isZero();
    }
  }

  private long sizeOnDisk() throws IOException {
    return spillFiles().values().stream().mapToLong(Long::longValue).sum();
  }

  @Test
  void shouldRefuseObjectsAndHarmNoneWhenTheQuotaIsUsed() {
    try (ObjectStore store =
        ObjectStore.open(
            config()
                .withSpillQuota(new DataSize(8 * MIB))
                .withAllocateTimeout(Duration.ofSeconds(5)))) {
      int stored = 0;
      try {
        for (; stored < 60; stored++) {
          put(store, stored);
        }
        throw new AssertionError("never full");
      } catch (ObjectStoreFullException e) {
        assertThat(e).hasMessageContaining("quota");
      }
      assertThat(stored).isBetween(36, 40);
      assertThat(store.usage().hostSpilled()).isLessThanOrEqualTo(8 * MIB);
      // no room to bring the spilled ones back; those in memory are there
      int held = 0;
      for (int i = 0; i < stored; i++) {
        if (store.usage().spilled() == 0 || i >= 8) {
          assertRead(store, i);
          held++;
        }
      }
      assertThat(held).isGreaterThanOrEqualTo(28);
      for (int i = 8; i < 20; i++) {
        store.delete(id(i));
      }
      for (int i = 0; i < 8; i++) {
        assertRead(store, i);
      }
    }
  }

  @Test
  void shouldSayThatAnObjectCannotBeReadWhenItsFileIsGone() throws IOException {
    try (ObjectStore store = ObjectStore.open(config())) {
      for (int i = 0; i < 60; i++) {
        put(store, i);
      }
      for (Path file : spillFiles().keySet()) {
        Files.delete(file);
      }
      assertThatThrownBy(() -> store.read(id(0), MemorySegment::byteSize))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("object-0");
      assertThat(store.usage().pinned()).isZero();
      assertRead(store, 59);
    }
  }
}
