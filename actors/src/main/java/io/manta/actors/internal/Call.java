package io.manta.actors.internal;

import io.manta.core.ActorDiedException;
import io.manta.core.JobId;
import io.manta.core.MantaException;
import io.manta.objects.ValueCodec;
import io.manta.sharding.Safeguard;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A call on an actor, in the process that makes it.
final class Call implements HostedCall, Ref.Source {
  private static final Logger LOG = LoggerFactory.getLogger(Call.class);

  private final ActorClient client;
  private final Capture body;
  private final @Nullable Ref<?> ref;
  private final String group;
  private final JobId job;
  private final ValueCodec codec;
  private @Nullable Items items;
  private volatile @Nullable ItemEmitter emitter;
  private long number;
  private int attempts;
  private volatile boolean over;
  private volatile @Nullable Runnable interrupt;

  /// @param ref null when nobody asks for the answer
  Call(ActorClient client, Capture body, @Nullable Ref<?> ref, String group) {
    this.client = client;
    this.body = body;
    this.ref = ref;
    this.group = group;
    this.job = client.runtime().currentJob();
    this.codec = client.runtime().cluster().codec(job);
  }

  /// The job of the task or call that makes it.
  @Override
  public JobId job() {
    return job;
  }

  /// One more for each call of this process; 0 before it is sent the first time.
  long number() {
    return number;
  }

  void number(long given) {
    number = given;
  }

  @Nullable Ref<?> ref() {
    return ref;
  }

  /// Has it give values before it is over.
  void gives(Items taker) {
    items = taker;
  }

  /// Whether it says that the actor died under a call, and may restart.
  static boolean mayRunAgain(MantaException failure) {
    return failure instanceof ActorDiedException died
        && (died.reason() == ActorDiedException.Reason.PROCESS_DIED
            || died.reason() == ActorDiedException.Reason.NODE_DIED);
  }

  /// Counts an attempt.
  ///
  /// @return whether it may be made: one that gave some of its values is not repeated
  boolean mayRepeat() {
    return attempts++ < client.retries() && items == null && !Safeguard.RETRIES.isOff();
  }

  @Override
  public void item(long index, StoredValue value) {
    Items taker = items;
    if (taker != null) {
      taker.item(index, value);
    }
  }

  @Override
  public void emits(ItemEmitter giving) {
    emitter = giving;
  }

  /// It may give so many values in all.
  void credit(long values) {
    ItemEmitter here = emitter;
    if (here != null) {
      here.mayGive(values);
    } else {
      client.credit(this, values);
    }
  }

  boolean ready() {
    for (Ref<?> needed : body.refs()) {
      if (!needed.isDone()) {
        return false;
      }
    }
    return true;
  }

  /// Whether it may leave: ready, and none of its refs failed.
  boolean clear() {
    return body.refs().isEmpty() || (ready() && body.failedRef() == null);
  }

  @Override
  public Capture body() {
    return body;
  }

  @Override
  public ValueCodec codec() {
    return codec;
  }

  @Override
  public String group() {
    return group;
  }

  @Override
  public boolean wanted() {
    return ref == null || !ref.isDone();
  }

  @Override
  public void running(Runnable interruption) {
    interrupt = interruption;
    if (!wanted()) {
      interruption.run();
    }
  }

  @Override
  public void succeeded(StoredValue value) {
    if (end() && ref != null) {
      ref.offer(value);
    }
  }

  @Override
  public void failed(MantaException failure) {
    if (mayRunAgain(failure) && !over && !client.runtime().isClosed() && mayRepeat()) {
      client.submit(this);
    } else {
      fail(failure);
    }
  }

  /// It is not repeated.
  void fail(MantaException failure) {
    if (end()) {
      if (ref != null) {
        ref.fail(failure);
      } else if (failure instanceof ActorDiedException) {
        LOG.warn("a call that nobody waits for failed: {}", failure.getMessage()); // not of its own
      } else {
        LOG.warn("a call that nobody waits for failed", failure);
      }
    }
  }

  /// The actor died for good while it was held back.
  void failUnsent(ActorDiedException reason) {
    fail(
        switch (reason.reason()) {
          case NODE_DIED, PROCESS_DIED, OWNER_DIED, JOB_ENDED, KILLED ->
              new ActorDiedException(
                  reason.reason(), reason.getMessage() + "; " + unsent(), reason.getCause());
          default -> reason;
        });
  }

  private String unsent() {
    return attempts == 0
        ? "this call was not sent to it, so it did not run"
        : "this call was not sent again, and may have run before";
  }

  @Override
  public void elsewhere() {
    client.submit(this);
  }

  private boolean end() {
    if (over) {
      return false;
    }
    over = true;
    body.close(client.runtime().objects());
    client.ended();
    return true;
  }

  @Override
  public void cancel() {
    Runnable running = interrupt;
    if (running != null) {
      running.run();
    } else {
      client.cancel(this);
    }
  }

  @Override
  public void probe(WaitCycles cycles, Message.WaitProbe probe) {
    body.refs().forEach(needed -> cycles.follow(probe, needed));
    client.node().ifPresent(node -> cycles.toActor(probe, client.id(), node));
  }

  @Override
  public String describe() {
    return ready()
        ? "a call on " + client.describe()
        : "a call on " + client.id() + ", which waits for " + body.pending();
  }
}
