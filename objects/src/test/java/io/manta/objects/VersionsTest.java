package io.manta.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.core.SerializationException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Values that one build of a class wrote and another reads.
class VersionsTest {
  @TempDir private Path folder;

  private Build build(String source) {
    return new Build(folder, Map.of("shop.Order", "package shop; " + source));
  }

  private static Object move(Build from, Build to, Object... arguments) {
    return to.codec().decode(from.codec().encode(from.make("shop.Order", arguments)));
  }

  @Test
  void shouldReadARecordWithFieldsThatWereAddedMovedAndRemoved() {
    Build old = build("public record Order(int id, String name, long gone, Object note) {}");
    Build now =
        build(
            "public record Order("
                + "Object note, String name, int id, boolean paid, String comment, double sum) {}");

    assertThat(move(old, now, 7, "seven", 5L, List.of(1)))
        .hasToString("Order[note=[1], name=seven, id=7, paid=false, comment=null, sum=0.0]");
    assertThat(move(now, old, "n", "eight", 8, true, "c", 1.5))
        .hasToString("Order[id=8, name=eight, gone=0, note=n]");
  }

  @Test
  void shouldReadManyOfThemInOneValue() {
    Build old = build("public record Order(int id) {}");
    Build now = build("public record Order(String name, int id) {}");
    List<Object> orders = List.of(old.make("shop.Order", 1), old.make("shop.Order", 2));

    assertThat(now.codec().decode(old.codec().encode(orders)))
        .hasToString("[Order[name=null, id=1], Order[name=null, id=2]]");
  }

  @Test
  void shouldReadAClassWithFieldsThatWereAddedAndRemoved() {
    String text = " public String toString() { return id + name + extra; } }";
    Build old =
        build(
            "public class Order { int id = 1; String name = \"a\"; Object gone = 2L;"
                + " String extra() { return null; } public String toString() { return \"old\"; } }");
    Build now =
        build("public class Order { String extra = \"default\"; String name; int id;" + text);

    assertThat(move(old, now)).hasToString("1adefault");
  }

  @Test
  void shouldReadANumberThatBecameWider() {
    Build old = build("public record Order(int id, float sum, short s) {}");
    Build now = build("public record Order(long id, double sum, int s) {}");

    assertThat(move(old, now, 3, 1.5f, (short) 2)).hasToString("Order[id=3, sum=1.5, s=2]");
  }

  @Test
  void shouldSayWhichFieldHasAnotherType() {
    Build old = build("public record Order(long id) {}");
    Build now = build("public record Order(int id) {}");
    Build text = build("public record Order(String id) {}");

    assertThatThrownBy(() -> move(old, now, 3L))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining(".id")
        .hasMessageContaining("was written as java.lang.Long and is int here");
    assertThatThrownBy(() -> move(text, now, "x"))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("was written as java.lang.String and is int here");
  }

  @Test
  void shouldReadEnumConstantsThatMovedAndNameThoseThatAreGone() {
    Build old = build("public record Order(Size size) {} enum Size { SMALL, LARGE }");
    Build now = build("public record Order(Size size) {} enum Size { TINY, LARGE }");
    Object small = old.constant("shop.Size", 0);
    Object large = old.constant("shop.Size", 1);

    assertThat(move(old, now, large)).hasToString("Order[size=LARGE]");
    assertThatThrownBy(() -> move(old, now, small))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("No enum constant shop.Size.SMALL");
  }

  @Test
  void shouldSayThatARecordBecameSomethingElse() {
    Build old = build("public record Order(int id) {}");
    Build now = build("public enum Order { ONE }");

    assertThatThrownBy(() -> move(old, now, 3))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining("shop.Order was written in another way than it is read here");
  }
}
