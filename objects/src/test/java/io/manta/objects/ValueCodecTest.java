package io.manta.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.RemoteCallable;
import io.manta.core.SerializationException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URL;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ValueCodecTest {
  private final ValueCodec codec =
      new ValueCodec(JobClasses.of(getClass().getClassLoader()), List.of());

  record Point(int x, Optional<String> label) {}

  static class Node {
    Node next;
    int value = 7;
  }

  static class Holder {
    final String name = "holder";
    final Inner inner = new Inner();
  }

  static class Inner {
    final Thread worker = Thread.currentThread();
  }

  @SuppressWarnings("unchecked")
  private <T> T copy(T value) {
    return (T) codec.decode(codec.encode(value));
  }

  @Test
  void shouldCopyValuesOfManyKinds() {
    var map = new HashMap<String, List<Point>>();
    map.put("a", List.of(new Point(1, Optional.of("one")), new Point(2, Optional.empty())));
    assertThat(copy(map)).isEqualTo(map).isNotSameAs(map);
    for (Object value :
        List.of(
            1,
            "text",
            2.5,
            new TreeMap<>(Map.of("k", 1)),
            EnumSet.of(TimeUnit.DAYS),
            UUID.randomUUID(),
            Instant.now(),
            Duration.ofMillis(5),
            TimeUnit.HOURS,
            new ArrayList<>(List.of(1, 2)),
            Map.of("x", List.of(1L)),
            Map.entry("key", List.of(1)),
            new java.util.AbstractMap.SimpleEntry<>("key", 1),
            java.math.BigDecimal.TEN,
            java.net.URI.create("http://x/y"))) {
      assertThat(copy(value)).isEqualTo(value);
    }
    assertThat(copy(new byte[] {1, 2, 3})).containsExactly(1, 2, 3);
    assertThat(copy(new float[][] {{1f}, {2f, 3f}})).isDeepEqualTo(new float[][] {{1f}, {2f, 3f}});
    assertThat(copy(new AtomicInteger(5)).get()).isEqualTo(5);
    assertThat(codec.decode(codec.encode(null))).isNull();
  }

  @Test
  void shouldKeepCycles() {
    var node = new Node();
    node.next = node;
    Node copy = copy(node);
    assertThat(copy.next).isSameAs(copy).isNotSameAs(node);
  }

  @Test
  void shouldCopyLambdasWithWhatTheyCapture() throws Exception {
    int[] numbers = {1, 2, 3};
    String word = "w";
    RemoteCallable<String> lambda = () -> word + numbers[0] + numbers.length;
    RemoteCallable<String> copy = copy(lambda);
    numbers[0] = 100;
    assertThat(copy.call()).isEqualTo("w13");
    RemoteCallable<Node> reference = Node::new;
    assertThat(copy(reference).call().value).isEqualTo(7);
  }

  @Test
  void shouldNameThePathToWhatCannotBeEncoded() {
    assertThatThrownBy(() -> codec.encode(List.of(new Holder())))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("inner.worker")
        .hasMessageContaining("java.lang.Thread");
    var out = new PrintStream(new ByteArrayOutputStream());
    RemoteCallable<String> lambda = out::toString;
    assertThatThrownBy(() -> codec.encode(lambda))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("captured[0]")
        .hasMessageContaining("java.io.PrintStream");
    Runnable plain = () -> out.println();
    assertThatThrownBy(() -> codec.encode(new ArrayList<>(List.of(plain))))
        .hasMessageContaining("java.io.Serializable");
  }

  @Test
  void shouldKeepClassStackAndCauseOfThrowables() {
    var original = new IOException("outer", new IllegalStateException("inner"));
    Throwable copy = copy(original);
    assertThat(copy).isInstanceOf(IOException.class).hasMessage("outer");
    assertThat(copy.getCause()).isInstanceOf(IllegalStateException.class).hasMessage("inner");
    assertThat(copy.getStackTrace()).isEqualTo(original.getStackTrace());
  }

  @Test
  void shouldRefuseDamagedBytesWithoutOtherErrors() {
    byte[] good = codec.encode(new HashMap<>(Map.of("a", new Point(1, Optional.of("x")))));
    var random = new Random(42);
    int rounds = Boolean.getBoolean("manta.long") ? 200_000 : 20_000;
    for (int i = 0; i < rounds; i++) {
      byte[] bytes = good.clone();
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      try {
        codec.decode(bytes);
      } catch (SerializationException e) {
        assertThat(e).hasMessageContaining("can't be decoded");
      }
    }
  }

  @Test
  void shouldTellImmutableValuesFromOthers() {
    int[] array = {1};
    RemoteCallable<Integer> sharing = () -> array[0];
    RemoteCallable<Integer> pure = () -> 5;
    assertThat(
            List.of(
                1, "a", new Point(1, Optional.of("b")), List.of(List.of("x")), pure, Instant.EPOCH))
        .allMatch(Immutability::isImmutable);
    assertThat(List.of(array, new ArrayList<>(), sharing, List.of(array), new Node()))
        .noneMatch(Immutability::isImmutable);
  }

  @Test
  void shouldLookForSerializersOnlyOnceAValueIsEncoded() {
    var looked = new AtomicInteger();
    var loader =
        new ClassLoader(getClass().getClassLoader()) {
          @Override
          protected Enumeration<URL> findResources(String name) {
            looked.incrementAndGet();
            return Collections.emptyEnumeration();
          }
        };

    var made = new ValueCodec(JobClasses.of(loader), List.of());

    assertThat(looked).hasValue(0);
    made.encode("a");
    assertThat(looked).hasPositiveValue();
  }
}
