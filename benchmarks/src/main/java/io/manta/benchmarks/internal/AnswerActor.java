package io.manta.benchmarks.internal;

import io.manta.benchmarks.internal.CountingActor.Answer;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.Props;

/// An actor of Pekko that counts the right answers of one round after another.
final class AnswerActor extends AbstractActor {
  /// Done when so many answers came; fails with the first wrong one.
  record Round(int answers, CompletableFuture<Integer> done) {}

  private Round round = new Round(0, new CompletableFuture<>());
  private int answered;

  static Props props() {
    return Props.create(AnswerActor.class, AnswerActor::new);
  }

  @Override
  public Receive createReceive() {
    return receiveBuilder()
        .match(Answer.class, this::count)
        .match(Round.class, this::begin)
        .build();
  }

  private void begin(Round next) {
    round = next;
    answered = 0;
  }

  private void count(Answer answer) {
    if (answer.value() != Counter.ANSWER) {
      round.done.completeExceptionally(PekkoPeer.wrong(answer.value()));
    }
    answered++;
    if (answered == round.answers) {
      round.done.complete(answered);
    }
  }
}
