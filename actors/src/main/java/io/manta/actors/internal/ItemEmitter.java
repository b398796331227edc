package io.manta.actors.internal;

import io.manta.core.Emitter;
import io.manta.core.WaitInterruptedException;
import io.manta.objects.ValueCodec;
import org.jspecify.annotations.Nullable;

/// Gives the values of a generator to whoever submitted it, as far as it may be ahead.
final class ItemEmitter implements Emitter<@Nullable Object> {
  /// What gives the values.
  interface Source {
    boolean isCancelled();

    String what();

    void item(long index, StoredValue value);
  }

  private final Source source;
  private final Objects objects;
  private final ValueCodec codec;
  private long given;
  private long limit;

  ItemEmitter(Source source, Objects objects, ValueCodec codec, long limit) {
    this.source = source;
    this.objects = objects;
    this.codec = codec;
    this.limit = limit;
  }

  /// So many values may be given in all; a lower number than before changes nothing.
  synchronized void mayGive(long values) {
    limit = Math.max(limit, values);
    notifyAll();
  }

  private synchronized boolean isAhead() {
    return given >= limit;
  }

  @Override
  public void emit(@Nullable Object value) {
    give(objects.store(value, codec));
  }

  /// As [#emit], for a value that is stored already.
  void give(StoredValue stored) {
    try {
      awaitTurn();
    } catch (RuntimeException e) {
      objects.close(stored); // nobody hears of it
      throw e;
    }
    source.item(given++, stored);
  }

  private void awaitTurn() {
    if (isAhead()) {
      CurrentCall call = CurrentCall.required();
      call.beforeWait();
      try {
        awaitCredit();
      } finally {
        call.afterWait();
      }
    }
    if (source.isCancelled()) {
      throw Failed.cancelled(source.what());
    }
  }

  private synchronized void awaitCredit() {
    try {
      while (given >= limit) {
        wait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WaitInterruptedException(
          source.what() + " was interrupted while its consumer was behind", e);
    }
  }
}
