package io.manta.objects.transfer;

import io.manta.objects.store.ObjectStore;
import io.manta.objects.transfer.Connection.Answer;
import io.manta.objects.transfer.Connection.Request;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;

/// Carries out one pull, on threads of its own.
final class Receiver {
  /// How many chunks a connection asks for before the first has come.
  private static final int AHEAD = 2;

  /// How often the time-out of a connection the whole pull may go without a chunk.
  private static final int STALL = 3;

  private final TransferConfig config;
  private final ObjectStore store;
  private final Connections connections;
  private final Pull pull;

  Receiver(TransferConfig config, ObjectStore store, Connections connections, Pull pull) {
    this.config = config;
    this.store = store;
    this.connections = connections;
    this.pull = pull;
  }

  /// @param begun is given the object as soon as its first bytes may be passed on
  void run(Consumer<Incoming> begun) throws IOException {
    OptionalLong length = askLength();
    if (pull.isCancelled()) {
      throw cancelled();
    }
    if (length.isEmpty()) {
      throw failure();
    }
    var incoming =
        new Incoming(store.create(pull.id(), length.getAsLong()), (int) config.chunk().bytes());
    try {
      begun.accept(incoming);
      pull.start(incoming);
      receive(incoming);
    } catch (RuntimeException | Error e) {
      incoming.finish();
      throw e;
    }
    if (!incoming.finish()) {
      if (pull.isCancelled()) {
        throw cancelled();
      }
      throw failure();
    }
  }

  private OptionalLong askLength() {
    while (!pull.isCancelled()) {
      Optional<InetSocketAddress> holder = pull.holders().next();
      if (holder.isEmpty()) {
        break;
      }
      try (Connection connection = connections.connect(holder.get())) {
        connection.send(new Request(pull.id(), 0, 0));
        Answer answer = connection.answer();
        switch (answer.status()) {
          case HERE -> {
            return OptionalLong.of(answer.total());
          }
          case LATER, MISSING -> pull.holders().lacks(holder.get());
        }
      } catch (IOException e) {
        pull.holders().failed(holder.get(), String.valueOf(e.getMessage()));
      }
    }
    return OptionalLong.empty();
  }

  private void receive(Incoming incoming) {
    long chunks = incoming.length() / config.chunk().bytes() + 1;
    List<Thread> helpers = new ArrayList<>();
    for (int i = 1; i < Math.min(config.connections(), chunks); i++) {
      helpers.add(
          Thread.ofPlatform()
              .daemon()
              .name("manta-transfer-" + pull.id() + "-" + i)
              .start(() -> work(incoming)));
    }
    work(incoming);
    helpers.forEach(Threads::join);
  }

  private void work(Incoming incoming) {
    while (!incoming.isEnded()
        && incoming.silence().compareTo(config.timeout().multipliedBy(STALL)) < 0) {
      Optional<InetSocketAddress> holder = pull.holders().next();
      if (holder.isEmpty()) {
        return;
      }
      try (Connection connection = connections.connect(holder.get())) {
        if (fetch(incoming, connection, holder.get())) {
          return;
        }
      } catch (IOException e) {
        pull.holders().failed(holder.get(), String.valueOf(e.getMessage()));
      }
    }
  }

  /// Says whether no chunk is left to ask for; otherwise another holder must be asked.
  private boolean fetch(Incoming incoming, Connection connection, InetSocketAddress holder)
      throws IOException {
    var asked = new ArrayDeque<Integer>();
    try {
      while (true) {
        while (asked.size() < AHEAD) {
          OptionalInt number = asked.isEmpty() ? incoming.await() : incoming.take();
          if (number.isEmpty()) {
            break;
          }
          asked.add(number.getAsInt());
          connection.send(
              new Request(
                  pull.id(),
                  incoming.offset(number.getAsInt()),
                  incoming.length(number.getAsInt())));
        }
        if (asked.isEmpty()) {
          return true;
        }
        switch (connection.answer().status()) {
          case HERE -> {
            connection.read(incoming.room(asked.element()));
            incoming.came(asked.remove());
            pull.holders().gave(holder);
          }
          case LATER -> {
            return false;
          }
          case MISSING -> {
            pull.holders().lacks(holder);
            return false;
          }
        }
      }
    } finally {
      asked.forEach(incoming::giveBack);
    }
  }

  private CancellationException cancelled() {
    return new CancellationException("the pull of " + pull.id() + " was cancelled");
  }

  private IOException failure() {
    String reasons = pull.holders().reasons();
    return new IOException(
        pull.id()
            + " could not be pulled: "
            + (reasons.isEmpty() ? "no holder is known" : reasons));
  }
}
