package io.manta.actors.internal;

import io.manta.core.ActorDiedException;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The way to an incarnation of an actor on another node, with the calls that are under way.
final class RemoteRoute implements ActorClient.Route {
  private final MantaRuntime runtime;
  private final ActorClient client;
  private final NodeId node;
  private final int incarnation;
  private final ConcurrentHashMap<Long, Call> underWay = new ConcurrentHashMap<>();

  /// Calls that are not under way any more, and not sent again yet where that is needed.
  private final AtomicInteger ending = new AtomicInteger();

  /// Whether its client does not send this way any more.
  private volatile boolean left;

  private volatile @Nullable String death;

  RemoteRoute(MantaRuntime runtime, ActorClient client, NodeId node, int incarnation) {
    this.runtime = runtime;
    this.client = client;
    this.node = node;
    this.incarnation = incarnation;
  }

  @Override
  public NodeId node() {
    return node;
  }

  /// Whether it leads to that incarnation.
  boolean leadsTo(NodeId there, int number) {
    return node.equals(there) && incarnation == number;
  }

  boolean leadsToSame(RemoteRoute other) {
    return leadsTo(other.node, other.incarnation);
  }

  /// Nothing more is sent this way.
  void leave() {
    left = true;
  }

  /// Whether each call that was sent this way was answered, or is held back to be sent again.
  boolean isDrained() {
    return underWay.isEmpty() && ending.get() == 0; // in this order, see begin()
  }

  /// Before a call is taken off that may have to be sent again.
  private void begin() {
    ending.incrementAndGet();
  }

  private void finish() {
    ending.decrementAndGet();
    flushIfLeft();
  }

  private void flushIfLeft() {
    if (left) {
      client.flush(); // which waits for the last answer
    }
  }

  @Override
  public Runnable send(Call call) {
    if (deathOfNode() != null) {
      begin(); // so that later calls wait until it is held back
      // Where it is next may be found at once, and be gone too: not inside of each other.
      return () -> runtime.callbacks().execute(() -> turnBack(call));
    }
    underWay.put(call.number(), call);
    try {
      runtime
          .cluster()
          .send(
              node,
              new Message.CallActor(
                  client.id(),
                  incarnation,
                  call.number(),
                  call.job(),
                  call.body().encoded(call.codec()),
                  runtime.objects().attach(call.body().refs()),
                  call.group()));
    } catch (MantaException e) {
      underWay.remove(call.number());
      return () -> call.failed(e);
    }
    String reason = deathOfNode();
    // If its node died meanwhile, nobody else will say so: neither of this call, nor, once the
    // client has lost this route, of those before it.
    return reason != null && underWay.containsKey(call.number())
        ? () -> nodeDied(reason)
        : ActorCell.NOTHING;
  }

  private @Nullable String deathOfNode() {
    String known = death;
    return known == null && runtime.cluster().isGone(node) ? "it is gone" : known;
  }

  /// A call that was not sent, since the node had died: it did not run, and waits for what is next.
  private void turnBack(Call call) {
    nodeDied(String.valueOf(deathOfNode()));
    client.submit(call);
    finish();
  }

  @Override
  public void cancel(Call call) {
    if (underWay.containsKey(call.number())) {
      runtime.cluster().send(node, new Message.CancelCall(client.id(), call.number()));
    }
  }

  @Override
  public void credit(Call call, long values) {
    if (!underWay.containsKey(call.number())) {
      return;
    }
    runtime.cluster().send(node, new Message.CallCredit(client.id(), call.number(), values));
  }

  /// @return whether the call was under way here
  boolean item(Message.CallItem message) {
    Call call = underWay.get(message.number());
    if (call != null) {
      call.item(message.index(), message.value());
    }
    return call != null;
  }

  /// The actor is dead for good: what is under way fails, or has an answer of its own.
  void died(ActorDiedException reason) {
    if (answersAll(reason.reason())) {
      return; // by another way than this news, which may have come first
    }
    for (Call call : List.copyOf(underWay.values())) {
      if (underWay.remove(call.number()) != null) {
        call.fail(mayHaveRun(reason));
      }
    }
  }

  private static ActorDiedException mayHaveRun(ActorDiedException reason) {
    return new ActorDiedException(
        reason.reason(),
        reason.getMessage() + "; this call was sent to it and not answered, so it may have run",
        reason.getCause());
  }

  /// Whether the node of an actor that died so answers each call, those too that ran before.
  private static boolean answersAll(ActorDiedException.Reason reason) {
    return switch (reason) {
      case STOPPED, EXITED, OUT_OF_SCOPE, PROCESS_DIED -> true;
      default -> false;
    };
  }

  /// @return whether the call was under way here
  boolean done(Message.CallDone message) {
    Message.Result result = message.result();
    if (result.failed()) {
      begin();
    }
    Call call = underWay.remove(message.number());
    if (call != null && !result.failed()) {
      call.succeeded(result.payload());
      flushIfLeft();
    } else if (call != null) {
      // Decoding may have to fetch a class, by way of the thread that this is called on.
      runtime.callbacks().execute(() -> failed(call, result));
    } else if (result.failed()) {
      finish();
    }
    return call != null;
  }

  private void failed(Call call, Message.Result result) {
    try {
      MantaException failure = result.failure(call.codec());
      if (Call.mayRunAgain(failure)) {
        client.lost(this, "it died there");
      }
      call.failed(failure);
    } finally {
      finish();
    }
  }

  /// What is under way may have run or not: it fails, or is repeated where that was asked for.
  void nodeDied(String reason) {
    death = reason;
    client.lost(this, node + " died");
    begin();
    lost(died(reason));
    finish();
    client.searchAgain();
  }

  private void lost(ActorDiedException reason) {
    for (Call call : List.copyOf(underWay.values())) {
      if (underWay.remove(call.number()) == null) {
        continue; // it was answered just now
      }
      if (call.mayRepeat()) {
        client.submit(call); // which holds it back until all are
      } else {
        call.fail(reason);
      }
    }
  }

  private ActorDiedException died(String reason) {
    return new ActorDiedException(
        ActorDiedException.Reason.NODE_DIED,
        "%s died with %s (%s); this call was sent to it and not answered, so it may have run"
            .formatted(client.id(), node, reason));
  }

  /// The actor was not there for a call, which did not run: it is sent again. What else is under
  /// way has an answer of its own.
  void refused(long number) {
    begin();
    Call call = underWay.remove(number);
    if (call != null) {
      client.submit(call);
    }
    finish();
  }
}
