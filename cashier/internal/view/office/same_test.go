package office

import (
	"fmt"
	"reflect"
	"testing"

	"forecourt/cashier/internal/desk"
)

// full is a page in which every list has an element and every pointer points.
func full() desk.Office {
	act := desk.Act{ID: "a"}
	table := desk.Table{Columns: []desk.Column{{}}, Rows: []desk.Row{{Cells: []desk.Cell{{}}}}}
	field := desk.Field{Choices: []desk.Pick{{}}}
	line := desk.CardLine{Act: &act}
	return desk.Office{
		Tabs: []desk.TabItem{{}}, Filters: []desk.Field{field}, Acts: []desk.Act{act}, Table: table,
		Card: &desk.Card{Acts: []desk.Act{act}, Sections: []desk.Section{{Lines: []desk.CardLine{line}, Bars: []desk.Bar{{}}, Table: &table}}},
		Form: &desk.Form{Lines: []desk.CardLine{line}, Fields: []desk.Field{field}, Extra: []desk.Act{act}},
	}
}

// leaves calls visit with every leaf of a value, and its name.
func leaves(v reflect.Value, name string, visit func(reflect.Value, string)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			leaves(v.Field(i), name+"."+v.Type().Field(i).Name, visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			leaves(v.Index(i), fmt.Sprint(name, "[", i, "]"), visit)
		}
	case reflect.Pointer:
		leaves(v.Elem(), name, visit)
	case reflect.Array:
		leaves(v.Index(0), name, visit)
	default:
		visit(v, name)
	}
}

func TestEveryDifferenceOfAPageIsSeen(t *testing.T) {
	count := 0
	for n := 0; ; n++ {
		a, b := full(), full()
		if !samePage(a, b) {
			t.Fatal("two equal pages differ")
		}
		i, changed := 0, ""
		leaves(reflect.ValueOf(&b), "page", func(v reflect.Value, name string) {
			if i == n {
				changed = name
				switch v.Kind() {
				case reflect.String:
					v.SetString("other")
				case reflect.Bool:
					v.SetBool(!v.Bool())
				case reflect.Int:
					v.SetInt(7)
				case reflect.Uint8:
					v.SetUint(7)
				default:
					t.Fatalf("%s is a %s", name, v.Kind())
				}
			}
			i++
		})
		if changed == "" {
			break
		}
		count++
		if samePage(a, b) {
			t.Errorf("a change of %s is not seen", changed)
		}
	}
	if count < 80 {
		t.Errorf("only %d leaves were changed", count)
	}
}
