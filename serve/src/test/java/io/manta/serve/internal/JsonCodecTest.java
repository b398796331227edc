package io.manta.serve.internal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.manta.serve.Handler;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonCodecTest {
  enum Mood {
    GLAD,
    SAD
  }

  record Point(int x, double y) {}

  record Request(
      String text, int count, boolean loud, List<Point> points, Mood mood, Optional<Instant> at) {
    Request {
      if (text != null && text.isBlank()) {
        throw new IllegalArgumentException("text must not be blank");
      }
    }
  }

  static final class Typed implements Handler<Request, String> {
    @Override
    public String handle(Request request) {
      return request.text();
    }
  }

  abstract static class Generic<T> implements Handler<List<T>, Integer> {
    @Override
    public Integer handle(List<T> request) {
      return request.size();
    }
  }

  static final class OfPoints extends Generic<Point> {}

  static final class NoInput implements Handler<Void, Map<String, Boolean>> {
    @Override
    public Map<String, Boolean> handle(Void request) {
      return Map.of("ok", true);
    }
  }

  private static JsonCodec codec(Handler<?, ?> handler) throws Exception {
    return JsonCodec.of(handler, Optional.empty());
  }

  private static Object decode(Handler<?, ?> handler, String json) throws Exception {
    return codec(handler).decode(json.getBytes(UTF_8));
  }

  @Test
  void shouldReadTheTypeThatTheHandlersClassSays() throws Exception {
    assertThat(
            decode(
                new Typed(),
                """
                {"text": "hi", "count": 2, "loud": true, "points": [{"x": 1, "y": 2}],
                 "mood": "GLAD", "at": "2026-01-02T03:04:05Z", "unknown": 1}"""))
        .isEqualTo(
            new Request(
                "hi",
                2,
                true,
                List.of(new Point(1, 2)),
                Mood.GLAD,
                Optional.of(Instant.parse("2026-01-02T03:04:05Z"))));
  }

  @Test
  void shouldFindTypesThroughSuperclasses() throws Exception {
    assertThat(decode(new OfPoints(), "[{\"x\": 1, \"y\": 2.5}]"))
        .isEqualTo(List.of(new Point(1, 2.5)));
  }

  @Test
  void shouldReadTreesForLambdasAndTypesThatAreGiven() throws Exception {
    Handler<Point, Point> lambda = point -> point;
    assertThat(decode(lambda, "{\"x\": 1}")).isInstanceOf(ObjectNode.class);
    assertThat(
            JsonCodec.of(lambda, Optional.of(Point.class.getName()))
                .decode("{\"x\": 1, \"y\": 2}".getBytes(UTF_8)))
        .isEqualTo(new Point(1, 2));
  }

  @Test
  void shouldGiveNullToHandlersThatTakeNothing() throws Exception {
    assertThat(decode(new NoInput(), "")).isNull();
    assertThat(decode(new NoInput(), "{}")).isNull();
  }

  @Test
  void shouldWriteTimesInIso8601() throws Exception {
    assertThat(
            codec(new Typed())
                .encode(
                    Map.of(
                        "at", Optional.of(Instant.EPOCH), "took", List.of(Duration.ofMillis(1)))))
        .asString(UTF_8)
        .contains("\"at\":\"1970-01-01T00:00:00Z\"")
        .contains("\"took\":[\"PT0.001S\"]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``| the request has no body; send an object",
        "null| the body is null; send an object",
        "{\"text\": | the body is not JSON: Unexpected end-of-input within/between Object entries"
            + " (line 1, column 9)",
        "text=hi| the body is not JSON: Unrecognized token 'text': was expecting",
        "[]| the body: must be an object (line 1, column 1)",
        "{\"count\":1,\"loud\":true} x| the body is not JSON: Unrecognized token 'x'",
        "{\"count\":1,\"loud\":true} 1| the body: something follows the end of the JSON value",
        "{\"text\":\"a\",\"loud\":true}| field 'count': is missing or null; it must be a whole"
            + " number in the range of int",
        "{\"count\":1,\"loud\":null}| field 'loud': is missing or null; it must be true or false",
        "{\"count\":\"many\",\"loud\":true}| field 'count': 'many' is not a whole number in the"
            + " range of int (line 1, column 10)",
        "{\"count\":3000000000,\"loud\":true}| field 'count': ",
        "{\"text\":{},\"count\":1,\"loud\":true}| field 'text': must be a string",
        "{\"points\":[{\"x\":1,\"y\":1},{\"x\":1,\"y\":[]}]}| field 'points[1].y': must be a"
            + " number",
        "{\"points\":5}| field 'points': must be an array",
        "{\"mood\":\"ANGRY\"}| field 'mood': 'ANGRY' is not one of [GLAD, SAD]",
        "{\"at\":\"yesterday\"}| field 'at': 'yesterday' is not an ISO 8601 Instant",
        "{\"text\":\" \",\"count\":1,\"loud\":true}| the body: text must not be blank"
      })
  void shouldNameFieldAndPositionWhenABodyDoesNotFit(String body, String message) {
    assertThatThrownBy(() -> decode(new Typed(), body))
        .isInstanceOf(BadRequestException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void shouldRefuseBytesThatAreNotUtf8() {
    assertThatThrownBy(
            () -> codec(new Typed()).decode(new byte[] {'{', '"', (byte) 0xff, '"', '}'}))
        .isInstanceOf(BadRequestException.class)
        .hasMessageStartingWith("the body is not JSON: Invalid UTF-8");
  }
}
