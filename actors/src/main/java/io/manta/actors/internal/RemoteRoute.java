package io.manta.actors.internal;

import io.manta.core.ActorDiedException;
import io.manta.core.MantaException;
import io.manta.core.NodeId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The way to an incarnation of an actor on another node, with the calls that are under way.
final class RemoteRoute implements ActorClient.Route {
  private final MantaRuntime runtime;
  private final ActorClient client;
  private final NodeId node;
  private final int incarnation;
  private final ConcurrentHashMap<Long, Call> underWay = new ConcurrentHashMap<>();
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

  int incarnation() {
    return incarnation;
  }

  @Override
  public Runnable send(Call call) {
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
    String reason = runtime.cluster().isGone(node) ? "it is gone" : death;
    // If its node died meanwhile, nobody else will say so: neither of this call, nor, once the
    // client has lost this route, of those before it.
    return reason != null && underWay.containsKey(call.number())
        ? () -> nodeDied(reason)
        : ActorCell.NOTHING;
  }

  @Override
  public void cancel(Call call) {
    if (underWay.containsKey(call.number())) {
      runtime.cluster().send(node, new Message.CancelCall(client.id(), call.number()));
    }
  }

  @Override
  public void credit(Call call, long values) {
    runtime.cluster().send(node, new Message.CallCredit(client.id(), call.number(), values));
  }

  void item(Message.CallItem message) {
    Call call = underWay.get(message.number());
    if (call != null) {
      call.item(message.index(), message.value());
    }
  }

  @Override
  public void died(ActorDiedException reason) {
    for (Call call : List.copyOf(underWay.values())) {
      if (underWay.remove(call.number()) != null) {
        call.failed(reason);
      }
    }
  }

  /// @return whether the call was under way here
  boolean done(Message.CallDone message) {
    Call call = underWay.remove(message.number());
    if (call == null) {
      return false;
    }
    Message.Result result = message.result();
    if (!result.failed()) {
      call.succeeded(result.payload());
    } else {
      // Decoding may have to fetch a class, by way of the thread that this is called on.
      runtime.callbacks().execute(() -> call.failed(result.failure(call.codec())));
    }
    return true;
  }

  /// What is under way may have run or not: it fails, or is repeated where that was asked for.
  void nodeDied(String reason) {
    death = reason;
    client.lost(this, node + " died");
    lost(died(reason));
    client.searchAgain();
  }

  /// What is under way may have run or not: it fails, or is repeated where that was asked for.
  void lost(ActorDiedException reason) {
    List<Call> repeated = new ArrayList<>();
    for (Call call : List.copyOf(underWay.values())) {
      if (underWay.remove(call.number()) == null) {
        continue; // it was answered just now
      }
      if (call.mayRepeat()) {
        repeated.add(call);
      } else {
        call.failed(reason);
      }
    }
    resend(repeated);
  }

  private ActorDiedException died(String reason) {
    return new ActorDiedException(
        ActorDiedException.Reason.NODE_DIED,
        "%s died with %s (%s) while a call was under way; the call may have run"
            .formatted(client.id(), node, reason));
  }

  /// The actor was not there: all that is under way is sent again.
  void notHere() {
    List<Call> again = new ArrayList<>();
    for (Call call : List.copyOf(underWay.values())) {
      if (underWay.remove(call.number()) != null) {
        again.add(call);
      }
    }
    resend(again);
  }

  private void resend(List<Call> calls) {
    calls.sort(Comparator.comparingLong(Call::number).reversed());
    calls.forEach(client::resend);
  }
}
