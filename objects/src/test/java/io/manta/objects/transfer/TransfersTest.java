package io.manta.objects.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.manta.core.DataSize;
import io.manta.core.NodeId;
import io.manta.core.ObjectId;
import io.manta.core.ObjectStoreFullException;
import io.manta.objects.store.ObjectStore;
import io.manta.objects.store.StoreConfig;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TransfersTest {
  private static final ObjectId ID = new ObjectId(new NodeId(1), 1);
  private static final int LENGTH = (4 << 20) + 12345;
  private static final long ALL = Long.MAX_VALUE;

  @TempDir Path temporary;
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final byte[] value = new byte[LENGTH];

  TransfersTest() {
    new Random(7).nextBytes(value);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : opened.reversed()) {
      one.close();
    }
  }

  /// A process configured as a host of its own.
  private record Host(ObjectStore store, Transfers transfers) {
    InetSocketAddress address() {
      return transfers.address();
    }

    Pull pull(InetSocketAddress... holders) {
      return transfers.pull(ID, List.of(holders));
    }
  }

  private Host host(TransferConfig config) throws IOException {
    return host(config, new DataSize(32 << 20));
  }

  private Host host(TransferConfig config, DataSize capacity) throws IOException {
    Path folder = temporary.resolve("host-" + opened.size());
    ObjectStore store =
        ObjectStore.open(
            StoreConfig.defaults()
                .withFolder(folder)
                .withSpillFolder(temporary.resolve("spill"))
                .withCapacity(capacity)
                .withAllocateTimeout(Duration.ofMillis(200)));
    opened.add(store);
    var transfers = Transfers.start(config, store);
    opened.add(transfers);
    return new Host(store, transfers);
  }

  private Host holder() throws IOException {
    Host host = host(config());
    host.store.put(ID, MemorySegment.ofArray(value));
    return host;
  }

  private static TransferConfig config() {
    return TransferConfig.defaults().withChunk(new DataSize(64 << 10)).withToken("secret");
  }

  private Relay relay(Host to, long allowed) throws IOException {
    var relay = new Relay(to.address(), allowed);
    opened.add(relay);
    return relay;
  }

  private void assertHas(Host host) {
    assertThat(host.store.read(ID, bytes -> bytes.mismatch(MemorySegment.ofArray(value))))
        .contains(-1L);
  }

  @Test
  void shouldBringAnObjectToAnotherHost() throws Exception {
    Host source = holder();
    Host target = host(config());
    Pull pull = target.pull(source.address());
    pull.done().get();
    assertThat(pull.started()).isCompletedWithValue((long) LENGTH);
    assertThat(pull.received()).isEqualTo(LENGTH);
    assertHas(target);
    assertThat(target.store.host()).isNotEqualTo(source.store.host());
    await().until(() -> source.store.usage().pinned() == 0); // it hears of the end a moment later

    Pull again = target.pull();
    again.done().get();
    assertThat(again.started()).isCompletedWithValue((long) LENGTH);
  }

  @Test
  void shouldBringEmptyObjects() throws Exception {
    Host source = host(config());
    source.store.put(ID, MemorySegment.ofArray(new byte[0]));
    Host target = host(config());
    target.pull(source.address()).done().get();
    assertThat(target.store.length(ID)).hasValue(0);
  }

  @Test
  void shouldAskAnotherHolderForTheRestWhenOneDies() throws Exception {
    Host first = holder();
    Host second = holder();
    Relay dying = relay(first, 3 << 20);
    Relay spare = relay(second, ALL);
    Host target = host(config().withConnections(1));
    Pull pull = target.pull(dying.address());
    await().until(() -> pull.received() > 2 << 20);
    pull.addHolder(spare.address());
    long received = pull.received();
    dying.close();
    pull.done().get();
    assertHas(target);
    // no chunk twice but the two that were on their way; some bytes for answers and handshakes
    assertThat(spare.passed()).isLessThan(LENGTH - received + (3 * 64 << 10));
  }

  @Test
  void shouldAskAnotherHolderWhenOneIsSilent() throws Exception {
    Relay silent = relay(holder(), 1 << 20);
    Host target = host(config().withTimeout(Duration.ofMillis(500)));
    Pull pull = target.pull(silent.address());
    await().until(() -> pull.received() > 512 << 10);
    pull.addHolder(holder().address());
    pull.done().get();
    assertHas(target);
  }

  @Test
  void shouldPassChunksOnBeforeAllHaveCome() throws Exception {
    Relay slow = relay(holder(), 2 << 20);
    Host middle = host(config().withConnections(1)); // so that the first chunks come first
    Host last = host(config());
    Pull first = middle.pull(slow.address());
    first.started().get();
    Pull second = last.pull(middle.address());
    await().until(() -> second.received() > 1 << 20);
    assertThat(first.done()).isNotDone();
    assertThat(middle.store.length(ID)).isEmpty();
    slow.allow(ALL);
    second.done().get();
    first.done().get();
    assertHas(middle);
    assertHas(last);
    // the source was asked once
    assertThat(slow.passed()).isLessThan(LENGTH + (64 << 10));
  }

  @Test
  void shouldSayWhyWhenNoHolderHasIt() throws Exception {
    Host source = host(config());
    Host gone = host(config());
    InetSocketAddress closed = gone.address();
    gone.transfers.close();
    Host target = host(config());
    assertThatThrownBy(() -> target.pull(source.address(), closed).done().get())
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(IOException.class)
        .hasMessageContaining("object-1")
        .hasMessageContaining("does not have it")
        .hasMessageContaining("refused");
    assertThat(target.store.usage().used()).isZero();
  }

  @Test
  void shouldGiveNothingWithoutTheToken() throws Exception {
    Host source = holder();
    Host stranger = host(config().withToken("guessed"));
    assertThatThrownBy(() -> stranger.pull(source.address()).done().get())
        .hasMessageContaining("another cluster token");
  }

  @Test
  void shouldSayThatThereIsNoRoom() throws Exception {
    Host source = holder();
    Host target = host(config(), new DataSize(1 << 20));
    assertThatThrownBy(() -> target.pull(source.address()).done().get())
        .hasCauseInstanceOf(ObjectStoreFullException.class);
    assertThat(target.store.usage().reserved()).isZero();
  }

  @Test
  void shouldGiveTheRoomBackWhenCancelled() throws Exception {
    Relay slow = relay(holder(), 1 << 20);
    Host target = host(config().withTimeout(Duration.ofSeconds(1)));
    Pull pull = target.pull(slow.address());
    await().until(() -> pull.received() > 0);
    assertThat(target.pull(slow.address())).isSameAs(pull);
    pull.cancel();
    assertThatThrownBy(() -> pull.done().get(20, TimeUnit.SECONDS))
        .isInstanceOf(CancellationException.class);
    assertThat(target.store.usage().used()).isZero();
    slow.allow(ALL);
    target.pull(slow.address()).done().get();
    assertHas(target);
  }

  @Test
  void shouldEndPullsWhenClosed() throws Exception {
    Relay slow = relay(holder(), 1 << 20);
    Host target = host(config());
    Pull pull = target.pull(slow.address());
    await().until(() -> pull.received() > 0);
    target.transfers.close();
    assertThat(pull.done()).isCompletedExceptionally();
    assertThat(target.store.usage().used()).isZero();
    assertThatThrownBy(() -> target.pull(slow.address())).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldHaveTheDocumentedDefaults() {
    TransferConfig defaults = TransferConfig.defaults();
    assertThat(defaults.bind().getAddress().isLoopbackAddress()).isTrue();
    assertThat(defaults.bind().getPort()).isZero();
    assertThat(defaults.token()).isEmpty();
    assertThat(defaults.chunk()).isEqualTo(DataSize.parse("1MiB"));
    assertThat(defaults.connections()).isEqualTo(2);
    assertThat(defaults.pulls()).isEqualTo(4);
    assertThat(defaults.served()).isEqualTo(64);
    assertThat(defaults.timeout()).isEqualTo(Duration.ofSeconds(10));
  }
}
