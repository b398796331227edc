package io.manta.objects.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.core.ConfigurationException;
import io.manta.core.DataSize;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.core.ObjectStoreFullException;
import io.manta.core.WaitInterruptedException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObjectStoreTest {
  private static final long MIB = 1 << 20;
  private static final NodeId SELF = new NodeId(1);
  private static final NodeId OTHER = new NodeId(2);

  @TempDir Path temporary;
  private StoreConfig config;
  private final List<ObjectStore> stores = new ArrayList<>();

  @BeforeEach
  void configure() throws IOException {
    Path shared = Path.of("/dev/shm");
    Path folder =
        Files.isWritable(shared)
            ? shared.resolve("manta-test-" + System.nanoTime())
            : temporary.resolve("store");
    config =
        StoreConfig.defaults()
            .withFolder(folder)
            .withCapacity(new DataSize(64 * MIB))
            .withSpillFolder(temporary.resolve("spill"))
            .withSpillFile(new DataSize(8 * MIB))
            .withAllocateTimeout(Duration.ofMillis(300));
  }

  @AfterEach
  void close() throws IOException {
    stores.reversed().forEach(ObjectStore::close);
    if (Files.exists(config.folder())) {
      try (Stream<Path> files = Files.walk(config.folder())) {
        for (Path file : files.sorted(Collections.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private ObjectStore open(StoreConfig with) {
    ObjectStore store = ObjectStore.open(with);
    stores.add(store);
    return store;
  }

  private static ObjectId id(long number) {
    return new ObjectId(SELF, number);
  }

  private static void put(ObjectStore store, long number, long bytes) {
    try (Allocation room = store.create(id(number), bytes)) {
      room.segment().fill((byte) number);
      room.seal();
    }
  }

  private static void assertBytes(MemorySegment bytes, long number, long length) {
    assertThat(bytes.byteSize()).isEqualTo(length);
    byte[] expected = new byte[(int) length];
    java.util.Arrays.fill(expected, (byte) number);
    assertThat(bytes.mismatch(MemorySegment.ofArray(expected))).isEqualTo(-1);
  }

  @Test
  void shouldReadWhatWasWrittenWhenSealed() {
    ObjectStore store = open(config);
    put(store, 1, 100_000);
    store.put(id(2), MemorySegment.ofArray(new byte[] {1, 2, 3}));
    store.put(id(3), MemorySegment.ofArray(new byte[0]));

    assertBytes(store.view(id(1)).orElseThrow(), 1, 100_000);
    assertThat(store.read(id(2), bytes -> bytes.toArray(ValueLayout.JAVA_BYTE)))
        .contains(new byte[] {1, 2, 3});
    assertThat(store.view(id(3)).orElseThrow().byteSize()).isZero();
    assertThat(store.length(id(1))).hasValue(100_000);
    assertThat(store.view(id(4))).isEmpty();
    assertThat(store.usage().objects()).isEqualTo(3);
    assertThat(store.usage().used()).isEqualTo(100_032 + 64 + 64);
  }

  @Test
  void shouldRefuseWritesWhenSealed() {
    ObjectStore store = open(config);
    Allocation room = store.create(id(1), 64);
    MemorySegment writable = room.segment();
    room.seal();
    MemorySegment view = store.view(id(1)).orElseThrow();
    ByteBuffer buffer = view.asByteBuffer();

    assertThatThrownBy(() -> writable.set(ValueLayout.JAVA_BYTE, 0, (byte) 1))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> view.set(ValueLayout.JAVA_BYTE, 0, (byte) 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(buffer.isReadOnly()).isTrue();
    store.read(
        id(1),
        bytes -> {
          assertThat(bytes.isReadOnly()).isTrue();
          return bytes;
        });
  }

  @Test
  void shouldMakeNothingWhenTheWriterThrows() {
    ObjectStore store = open(config);
    assertThatThrownBy(
            () ->
                store.put(
                    id(1),
                    100,
                    room -> {
                      throw new IllegalStateException("no");
                    }))
        .hasMessage("no");
    assertThat(store.length(id(1))).isEmpty();
    assertThat(store.usage().used()).isZero();
  }

  @Test
  void shouldRefuseASecondObjectOfTheSameId() {
    ObjectStore store = open(config);
    Allocation room = store.create(id(1), 64);
    assertThatThrownBy(() -> store.create(id(1), 64)).isInstanceOf(IllegalArgumentException.class);
    room.close();
    put(store, 1, 64);
    assertThatThrownBy(() -> store.create(id(1), 64)).hasMessageContaining("already");
    assertThat(store.delete(id(1))).isTrue();
    assertThat(store.delete(id(1))).isFalse();
    put(store, 1, 64);
  }

  @Test
  void shouldEndAViewOfAReaderWhenItReturns() {
    ObjectStore store = open(config);
    put(store, 1, 64);
    MemorySegment kept = store.read(id(1), bytes -> bytes).orElseThrow();
    assertThatThrownBy(() -> kept.get(ValueLayout.JAVA_BYTE, 0))
        .isInstanceOf(IllegalStateException.class);
    assertThat(store.usage().pinned()).isZero();
  }

  @Test
  void shouldTellWhenAViewIsNotReachable() {
    ObjectStore store = open(config);
    put(store, 1, 64);
    var unreachable = new AtomicBoolean();
    MemorySegment view = store.view(id(1), () -> unreachable.set(true)).orElseThrow();
    System.gc();
    assertBytes(view, 1, 64);
    assertThat(unreachable).isFalse();

    view = null;
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> {
              System.gc();
              assertThat(unreachable).isTrue();
            });
  }

  @Test
  void shouldKeepBytesWhenOnlyABufferOfASliceIsReachable() {
    ObjectStore store = open(config);
    put(store, 1, MIB);
    ByteBuffer slice = store.view(id(1)).orElseThrow().asSlice(MIB / 2, 100).asByteBuffer();
    store.delete(id(1));
    for (int i = 0; i < 5; i++) {
      System.gc();
      put(store, 2 + i, MIB);
    }
    assertThat(store.usage().used()).isEqualTo(6 * MIB);
    assertBytes(MemorySegment.ofBuffer(slice), 1, 100);

    slice = null;
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> {
              System.gc();
              assertThat(store.usage().used()).isEqualTo(5 * MIB);
            });
  }

  @Test
  void shouldUseTheSameBytesAgainWhenNobodyReadsThem() {
    ObjectStore store = open(config);
    put(store, 1, 12 * MIB);
    Location first = store.pin(id(1), OTHER).orElseThrow();
    store.delete(id(1));
    put(store, 2, 12 * MIB);
    Location second = store.pin(id(2), OTHER).orElseThrow();
    assertThat(second).isNotEqualTo(first);

    store.unpin(first, OTHER);
    put(store, 3, 12 * MIB);
    assertThat(store.pin(id(3), OTHER)).contains(first);
    assertThat(store.usage().reserved()).isEqualTo(24 * MIB);
  }

  @Test
  void shouldFreeWhatAnEndedProcessPinned() {
    ObjectStore store = open(config);
    put(store, 1, MIB);
    Location at = store.pin(id(1), OTHER).orElseThrow();
    assertThat(store.pin(id(1), OTHER)).contains(at);
    store.delete(id(1));
    store.unpin(at, SELF);
    store.unpin(at, OTHER);
    assertThat(store.usage().pinned()).isEqualTo(MIB);
    store.unpinAll(OTHER);
    assertThat(store.usage().used()).isZero();
    assertThat(store.usage().pinned()).isZero();
  }

  @Test
  void shouldBeFullWhenReadersHoldEverything() {
    ObjectStore store = open(config.withAllocateTimeout(Duration.ofSeconds(3)));
    List<MemorySegment> views = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      put(store, i, 20 * MIB);
      views.add(store.view(id(i)).orElseThrow());
    }
    assertThatThrownBy(() -> put(store, 4, 20 * MIB))
        .isInstanceOf(ObjectStoreFullException.class)
        .hasMessageContaining("20 MiB")
        .hasMessageContaining("64 MiB")
        .hasMessageContaining("readers hold 60 MiB");
    for (int i = 0; i < 3; i++) {
      assertBytes(views.get(i), i, 20 * MIB);
    }
    views.clear();
    put(store, 4, 20 * MIB);
    assertBytes(store.view(id(4)).orElseThrow(), 4, 20 * MIB);
  }

  @Test
  void shouldRefuseAtOnceWhatCanNeverFit() {
    ObjectStore store = open(config.withAllocateTimeout(Duration.ofHours(1)));
    assertThatThrownBy(() -> store.create(id(1), 65 * MIB))
        .isInstanceOf(ObjectStoreFullException.class)
        .hasMessageContaining("can never fit");
    put(store, 1, 64 * MIB);
  }

  @Test
  void shouldWaitForRoomUntilAnotherStoreOfTheHostGivesIt() throws Exception {
    ObjectStore one = open(config);
    ObjectStore two = open(config.withAllocateTimeout(Duration.ofSeconds(20)));
    assertThat(one.host()).isEqualTo(two.host());
    put(one, 1, 40 * MIB);
    MemorySegment view = one.view(id(1)).orElseThrow();
    CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> put(two, 2, 40 * MIB));
    assertBytes(view, 1, 40 * MIB);
    view = null;
    one.delete(id(1));
    waiting.get();
    assertThat(two.usage().hostUsed()).isEqualTo(40 * MIB);
  }

  @Test
  void shouldRefuseAnotherCapacityWhileInUse() {
    ObjectStore store = open(config);
    assertThatThrownBy(() -> ObjectStore.open(config.withCapacity(new DataSize(MIB))))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("64 MiB");
    store.close();
    assertThat(open(config.withCapacity(new DataSize(MIB))).usage().capacity()).isEqualTo(MIB);
  }

  @Test
  void shouldKeepViewsWhenClosed() throws IOException {
    ObjectStore store = open(config);
    put(store, 1, MIB);
    MemorySegment view = store.view(id(1)).orElseThrow();
    Allocation room = store.create(id(2), 64);
    store.close();
    assertBytes(view, 1, MIB);
    assertThatThrownBy(() -> store.view(id(1))).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> store.create(id(3), 1)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(room::seal).isInstanceOf(IllegalStateException.class);
    try (Stream<Path> files = Files.list(config.folder())) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("door", "ledger");
    }
  }

  @Test
  void shouldGiveUpUnusedMemoryAfterAWhile() {
    var time = new AtomicLong();
    ObjectStore store = ObjectStore.open(config, time::get);
    stores.add(store);
    put(store, 1, 12 * MIB);
    store.delete(id(1));
    assertThat(store.usage().reserved()).isEqualTo(12 * MIB);
    time.addAndGet(config.keepFree().toNanos());
    await().atMost(Duration.ofSeconds(10)).until(() -> store.usage().reserved() == 0);
  }

  @Test
  void shouldHarmNothingWhenCallersAreInterrupted() throws Exception {
    ObjectStore store = open(config.withAllocateTimeout(Duration.ofSeconds(30)));
    for (int i = 0; i < 5; i++) {
      Thread.currentThread().interrupt();
      put(store, i, 10 * MIB);
      assertThat(Thread.interrupted()).isTrue();
    }
    for (int i = 5; i < 8; i++) {
      put(store, i, 10 * MIB);
    }
    for (int i = 0; i < 8; i++) {
      Thread.currentThread().interrupt();
      assertThat(store.read(id(i), StoreProcess::sum)).contains(i * 10 * MIB);
      assertThat(Thread.interrupted()).isTrue();
    }

    Location kept = store.pin(id(0), OTHER).orElseThrow();
    var full = new CompletableFuture<Object>();
    Thread waiter =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    full.complete(store.create(id(100), 64 * MIB));
                  } catch (RuntimeException e) {
                    full.completeExceptionally(e);
                  }
                });
    waiter.interrupt();
    assertThatThrownBy(full::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(WaitInterruptedException.class);
    store.unpin(kept, OTHER);
    put(store, 100, 64 * MIB);
  }

  @Test
  void shouldKeepAnExactLedgerWhenThreadsDoAnything() throws Exception {
    long seed = System.nanoTime();
    ObjectStore store = open(config.withAllocateTimeout(Duration.ofSeconds(30)));
    var lengths = new ConcurrentHashMap<ObjectId, Long>();
    var threads = new ArrayList<CompletableFuture<Void>>();
    for (int t = 0; t < 4; t++) {
      int thread = t;
      RandomGenerator random =
          RandomGeneratorFactory.<RandomGenerator>of("L64X128MixRandom").create(seed + t);
      threads.add(
          CompletableFuture.runAsync(() -> doAnything(store, random, thread * 10_000L, lengths)));
    }
    for (CompletableFuture<Void> thread : threads) {
      try {
        thread.get();
      } catch (ExecutionException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    for (var entry : lengths.entrySet()) {
      long number = entry.getKey().number();
      assertBytes(store.view(entry.getKey()).orElseThrow(), number, entry.getValue());
    }
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(
            () -> {
              System.gc();
              assertThat(store.usage().pinned()).as("seed %d", seed).isZero();
            });
    long total =
        lengths.values().stream().mapToLong(length -> Math.max(1, length) + 63 & -64).sum();
    assertThat(total - store.usage().used()).as("seed %d", seed).isBetween(0L, total);
    lengths.keySet().forEach(store::delete);
    assertThat(store.usage().objects()).isZero();
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () -> {
              assertThat(store.usage().used()).as("seed %d", seed).isZero();
              assertThat(store.usage().hostSpilled()).as("seed %d", seed).isZero();
            });
  }

  private static void doAnything(
      ObjectStore store,
      RandomGenerator random,
      long first,
      ConcurrentHashMap<ObjectId, Long> lengths) {
    var mine = new ArrayList<ObjectId>();
    for (int i = 0; i < 400; i++) {
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> {
          long length =
              random.nextInt(10) == 0 ? random.nextLong(4 * MIB) : random.nextLong(400_000);
          put(store, first + i, length);
          mine.add(id(first + i));
          lengths.put(id(first + i), length);
        }
        case 3 -> store.create(id(first + i), random.nextLong(MIB)).close();
        case 4, 5, 6 -> {
          if (!mine.isEmpty()) {
            ObjectId one = mine.get(random.nextInt(mine.size()));
            MemorySegment view = store.view(one).orElseThrow();
            assertBytes(view, one.number(), lengths.get(one));
          }
        }
        default -> {
          if (mine.size() > 20) {
            ObjectId one = mine.remove(random.nextInt(mine.size()));
            Optional<MemorySegment> view = store.view(one);
            store.delete(one);
            assertBytes(view.orElseThrow(), one.number(), lengths.remove(one));
          }
        }
      }
    }
  }
}
