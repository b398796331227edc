package io.manta.actors.internal.durable;

import io.manta.actors.DurableStore;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import io.manta.core.StateFencedException;
import io.manta.core.StateUnavailableException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The store that each node of a cluster has; they keep copies of each other. One thread does its
/// work, many steps for each commit of the disk; callers wait.
public final class EmbeddedStore implements DurableStore {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedStore.class);
  private static final int BATCH = 256;
  private static final long TICK_MILLIS = 10;
  private static final int WRITE_LIMIT = 64 << 20;

  /// Beyond the time that the replica itself takes before it gives up.
  private static final Duration GRACE = Duration.ofSeconds(5);

  private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(5);

  /// What a node gives its store.
  ///
  /// @param address where the node is, for errors of others
  /// @param folder of its state; in memory when there is none
  /// @param send sends to the store of another node
  /// @param failed told when the store can't go on
  public record Host(
      String address,
      Optional<Path> folder,
      int copies,
      Duration timeout,
      BiConsumer<NodeId, StoreMessage> send,
      Consumer<Throwable> failed) {}

  private final Host host;
  private final Disk disk;
  private final Replica replica;
  private final LinkedBlockingQueue<Runnable> work = new LinkedBlockingQueue<>();
  private final List<Runnable> outbox = new ArrayList<>();
  private final Thread thread;
  private volatile boolean closing;

  /// Whether a folder has a store's file.
  public static boolean isIn(Path stateFolder) {
    return Files.exists(StoreFile.in(stateFolder));
  }

  /// Opens the file and starts.
  ///
  /// @param peers the other living nodes
  /// @throws io.manta.core.ConfigurationException when the file can't be opened
  public EmbeddedStore(Host host, Iterable<NodeId> peers) {
    this.host = host;
    this.disk =
        host.folder()
            .map(folder -> StoreFile.open(StoreFile.in(folder)))
            .orElseGet(StoreFile::inMemory);
    this.replica =
        new Replica(
            disk,
            new Buffer(),
            host.address(),
            host.copies(),
            host.timeout(),
            System.nanoTime(),
            new Random());
    peers.forEach(node -> work.add(() -> replica.up(node)));
    work.add(() -> {}); // the first step
    this.thread = Thread.ofPlatform().daemon().name("manta-durable").start(this::run);
  }

  /// Keeps what is sent and told until the disk has what came before.
  private final class Buffer implements Outbox {
    @Override
    public void send(NodeId to, StoreMessage message) {
      outbox.add(() -> host.send().accept(to, message));
    }

    @Override
    public void tell(Runnable callback) {
      outbox.add(callback);
    }
  }

  private void run() {
    try {
      while (!closing || !work.isEmpty()) {
        batch();
      }
    } catch (Throwable e) {
      if (!closing) {
        host.failed().accept(e);
      }
      LOG.debug("the store ends", e);
    } finally {
      closing = true;
      close(disk);
    }
  }

  private static void close(Disk disk) {
    try {
      disk.close();
    } catch (RuntimeException e) {
      LOG.warn("the durable state in {} was not closed in order", disk.place().orElse("memory"), e);
    }
  }

  private void batch() throws InterruptedException {
    Runnable next = replica.waits() ? work.poll(TICK_MILLIS, TimeUnit.MILLISECONDS) : work.take();
    for (int i = 0; next != null && i < BATCH; i++) {
      next.run();
      next = i + 1 < BATCH ? work.poll() : null;
    }
    replica.step(System.nanoTime());
    disk.commit();
    outbox.forEach(Runnable::run);
    outbox.clear();
  }

  // Nodes

  public void nodeUp(NodeId node) {
    work.add(() -> replica.up(node));
  }

  public void nodeDown(NodeId node) {
    work.add(() -> replica.down(node));
  }

  public void receive(NodeId from, StoreMessage message) {
    work.add(() -> replica.receive(from, message));
  }

  // Sessions

  @Override
  public DurableStore.Session open(String key) {
    if (key.length() > 255) {
      throw new IllegalArgumentException(
          "a key of " + key.length() + " characters is longer than 255: " + key);
    }
    return opened(key, answer -> replica.open(key, System.nanoTime(), answer));
  }

  private DurableStore.Session opened(String key, Consumer<Consumer<Replica.Opened>> opening) {
    var answer = new CompletableFuture<Replica.Opened>();
    work.add(() -> opening.accept(answer::complete));
    Replica.Opened opened = await(answer, key);
    Replica.Session session = opened.session();
    if (session == null) {
      throw thrown(opened.failure(), key);
    }
    return new Session(key, session, opened.content());
  }

  private <T> T await(CompletableFuture<T> answer, String key) {
    String why;
    try {
      if (closing) {
        throw new StateUnavailableException(
            "the state of " + key + " can't be had any more: the node is closed", null);
      }
      return answer.get(host.timeout().plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      why = "the thread was interrupted";
    } catch (TimeoutException e) {
      why = "the store of this node did not answer within " + host.timeout().plus(GRACE);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
    throw new StateUnavailableException(
        "whether the state of " + key + " was changed is not known: " + why, null);
  }

  /// With the stack of the caller.
  private static MantaException thrown(@Nullable MantaException failure, String key) {
    String message = failure == null ? key + " failed" : String.valueOf(failure.getMessage());
    return failure instanceof StateFencedException
        ? new StateFencedException(message)
        : new StateUnavailableException(message, failure);
  }

  private final class Session implements DurableStore.Session {
    private final String key;
    private final Replica.Session session;
    private final Content found;

    Session(String key, Replica.Session session, Content found) {
      this.key = key;
      this.session = session;
      this.found = found;
    }

    @Override
    public Optional<byte[]> snapshot() {
      return found.snapshot();
    }

    @Override
    public List<byte[]> events() {
      return found.events();
    }

    @Override
    public void append(List<byte[]> events) {
      write(false, new Content(Optional.empty(), List.copyOf(events)));
    }

    @Override
    public void snapshot(byte[] state) {
      write(true, new Content(Optional.of(state), List.of()));
    }

    @Override
    public void delete() {
      write(true, Content.EMPTY);
    }

    @Override
    public DurableStore.Session reopen() {
      return opened(key, answer -> replica.reopen(session, System.nanoTime(), answer));
    }

    private void write(boolean whole, Content content) {
      long size =
          content.snapshot().map(bytes -> bytes.length).orElse(0)
              + content.events().stream().mapToLong(bytes -> bytes.length).sum();
      if (size > WRITE_LIMIT) {
        throw new IllegalArgumentException(
            "a change of %s of %d bytes is larger than 64 MiB; keep large values elsewhere, such as in a database, and their names here"
                .formatted(key, size));
      }
      var answer = new CompletableFuture<Optional<MantaException>>();
      work.add(
          () ->
              session.write(
                  whole,
                  content,
                  System.nanoTime(),
                  failure -> answer.complete(Optional.ofNullable(failure))));
      Optional<MantaException> failure = await(answer, key);
      if (failure.isPresent()) {
        throw thrown(failure.get(), key);
      }
    }
  }

  /// Waits a moment for what is under way.
  @Override
  public void close() {
    closing = true;
    work.add(() -> {});
    try {
      thread.join(CLOSE_DEADLINE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
