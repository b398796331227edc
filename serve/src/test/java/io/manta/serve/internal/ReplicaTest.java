package io.manta.serve.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.manta.serve.Handler;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReplicaTest {
  record Sum(int left, int right) {}

  record Total(int value) {}

  static final class Adder implements Handler<Sum, Total> {
    @Override
    public Total handle(Sum request) {
      return new Total(Math.addExact(request.left(), request.right()));
    }
  }

  static final class Odd implements Handler<Void, Object> {
    @Override
    public Object handle(Void request) {
      return new Object() {
        public int getBroken() {
          throw new IllegalStateException("broken");
        }
      };
    }
  }

  static final class Deep implements Handler<Void, Integer> {
    @Override
    @SuppressWarnings("InfiniteRecursion") // to overflow
    public Integer handle(Void request) {
      return 1 + handle(request);
    }
  }

  private static Reply handle(Handler<?, ?> handler, String body) throws Exception {
    return new Replica("adder", () -> handler, Optional.empty())
        .handle(Bytes.of(body.getBytes(UTF_8)), "id-1");
  }

  @Test
  void shouldAnswerJsonWithJson() throws Exception {
    assertThat(handle(new Adder(), "{\"left\": 1, \"right\": 2}"))
        .isInstanceOfSatisfying(
            Reply.Ok.class,
            ok -> assertThat(ok.json().toArray()).asString(UTF_8).isEqualTo("{\"value\":3}"));
  }

  @Test
  void shouldSayWhatIsWrongWithABody() throws Exception {
    assertThat(handle(new Adder(), "{\"left\": 1}"))
        .isInstanceOfSatisfying(
            Reply.BadRequest.class, bad -> assertThat(bad.message()).contains("'right'"));
  }

  @Test
  void shouldNameTheFailureOfAHandler() throws Exception {
    assertThat(handle(new Adder(), "{\"left\": 2147483647, \"right\": 2}"))
        .isEqualTo(
            new Reply.Failed(
                "the handler failed with java.lang.ArithmeticException; the log has more under the"
                    + " id"));
    assertThat(handle(new Deep(), "")).isInstanceOf(Reply.Failed.class);
  }

  @Test
  void shouldSayWhenAResponseCannotBeWritten() throws Exception {
    assertThat(handle(new Odd(), ""))
        .isInstanceOfSatisfying(
            Reply.Failed.class,
            failed -> assertThat(failed.message()).startsWith("writing the response as JSON"));
  }
}
