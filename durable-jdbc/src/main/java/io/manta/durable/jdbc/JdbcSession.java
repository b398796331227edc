package io.manta.durable.jdbc;

import io.manta.actors.DurableStore;
import io.manta.core.MantaException;
import io.manta.core.StateFencedException;
import io.manta.core.StateUnavailableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// The right to change the state of a key while its row has the epoch that this session gave it.
final class JdbcSession implements DurableStore.Session {
  private static final long LEAP = 1 << 20;

  private final Transactions transactions;
  private final String key;
  private final Kept opened;

  /// What it opens the key anew with, as often as it takes.
  private final long next;

  private long sequence;
  private @Nullable MantaException end;

  JdbcSession(Transactions transactions, String key, Kept opened) {
    this.transactions = transactions;
    this.key = key;
    this.opened = opened;
    this.sequence = opened.sequence();
    this.next = opened.epoch() + ThreadLocalRandom.current().nextLong(LEAP, 2 * LEAP);
  }

  /// What a change does once the row is locked.
  @FunctionalInterface
  private interface Change {
    void make(Connection connection) throws SQLException;
  }

  @Override
  public Optional<byte[]> snapshot() {
    return opened.snapshot();
  }

  @Override
  public List<byte[]> events() {
    return opened.events();
  }

  @Override
  public void append(List<byte[]> events) {
    long last = sequence + events.size();
    change(
        "events of \"" + key + "\" to be kept",
        connection -> {
          lock(connection, last);
          insert(connection, events);
        });
    sequence = last;
  }

  @Override
  public void snapshot(byte[] state) {
    change("snapshot of \"" + key + "\" to be kept", connection -> replace(connection, state));
  }

  @Override
  public void delete() {
    change("state of \"" + key + "\" to be deleted", connection -> replace(connection, null));
  }

  /// Others raise the epoch by one, so that an epoch far above it is of this session, also when the
  /// answer to the commit did not come.
  @Override
  public DurableStore.Session reopen() {
    return new JdbcSession(
        transactions,
        key,
        transactions.run("state of \"" + key + "\" to be taken up again", this::takeUp));
  }

  private Kept takeUp(Connection connection) throws SQLException {
    int rows;
    try (PreparedStatement update =
        connection.prepareStatement(
            "update manta_durable set epoch = ? where actor_key = ? and epoch in (?, ?)")) {
      update.setLong(1, next);
      update.setString(2, key);
      update.setLong(3, opened.epoch());
      update.setLong(4, next);
      rows = update.executeUpdate();
    }
    requireOwn(rows);
    return JdbcDurableStore.read(connection, key);
  }

  private void change(String what, Change change) {
    switch (end) {
      case null -> {}
      case StateFencedException _ -> throw fenced();
      default ->
          throw new StateUnavailableException(
              what + ": an earlier change by this session failed, so it is of no more use", end);
    }
    try {
      transactions.<@Nullable Void>run(
          what,
          connection -> {
            change.make(connection);
            return null;
          });
    } catch (StateFencedException | StateUnavailableException e) {
      end = e;
      throw e;
    }
  }

  private void lock(Connection connection, long last) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "update manta_durable set sequence = ? where actor_key = ? and epoch = ?")) {
      update.setLong(1, last);
      update.setString(2, key);
      update.setLong(3, opened.epoch());
      requireOwn(update.executeUpdate());
    }
  }

  private void insert(Connection connection, List<byte[]> events) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "insert into manta_durable_event (actor_key, sequence, event) values (?, ?, ?)")) {
      for (int i = 0; i < events.size(); i++) {
        insert.setString(1, key);
        insert.setLong(2, sequence + 1 + i);
        insert.setBytes(3, events.get(i));
        insert.addBatch();
      }
      if (!events.isEmpty()) {
        insert.executeBatch();
      }
    }
  }

  private void replace(Connection connection, byte @Nullable [] state) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "update manta_durable set snapshot = ? where actor_key = ? and epoch = ?")) {
      if (state == null) {
        update.setNull(1, Types.VARBINARY);
      } else {
        update.setBytes(1, state);
      }
      update.setString(2, key);
      update.setLong(3, opened.epoch());
      requireOwn(update.executeUpdate());
    }
    try (PreparedStatement delete =
        connection.prepareStatement("delete from manta_durable_event where actor_key = ?")) {
      delete.setString(1, key);
      delete.executeUpdate();
    }
  }

  private void requireOwn(int rows) {
    if (rows == 0) {
      throw fenced();
    }
  }

  private StateFencedException fenced() {
    return new StateFencedException(
        "the state of \"%s\" was taken over after this session opened it (as number %d)"
            .formatted(key, opened.epoch()));
  }
}
