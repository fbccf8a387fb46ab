package plan

// DemoName is what the demonstration station is called.
const DemoName = "昆明示范加油站"

// Branch is a small station beside the demonstration station.
type Branch struct {
	// Name is over its door, Station describes it to `hub set-up`.
	Name, Station string
	// Head is the staff number of its head.
	Head string
	// Offer is the title of what it offers, Details says more; may be empty.
	Offer, Details string
	// Lines are its dispensers.
	Lines []Line
}

// Branches are two stations of four nozzles each: one dearer than the
// demonstration station, one cheaper that also offers something.
func Branches() []Branch {
	lines := []Line{{Name: "pts", Protocol: PTS, Points: []Point{{1, []int{1, 2}}, {2, []int{3, 4}}}}}
	return []Branch{
		{
			Name: "昆明北市区加油站", Head: "1101", Lines: lines,
			Station: branch("昆明北市区加油站", "盘龙区北京路延长线 66 号", "25.073120", "102.724460", "7.58", "8.05", "7.20", "1101", "赵国强"),
		},
		{
			Name: "昆明呈贡加油站", Head: "1201", Lines: lines,
			Offer: "充 1000 元送 50 元", Details: "充值到油卡，赠送金额次日到账，不与其他活动同享。",
			Station: branch("昆明呈贡加油站", "呈贡区彩云南路 188 号", "24.889470", "102.801560", "7.42", "7.80", "7.10", "1201", "周慧敏"),
		},
	}
}

// branch describes a station of three grades.
func branch(name, address, latitude, longitude, price92, price95, price0, head, headName string) string {
	return `name: ` + name + `
city: 昆明
address: ` + address + `
latitude: "` + latitude + `"
longitude: "` + longitude + `"
grades:
  - {code: "92#", name: 92号汽油, price: "` + price92 + `"}
  - {code: "95#", name: 95号汽油, price: "` + price95 + `"}
  - {code: "0#", name: 0号柴油, price: "` + price0 + `"}
tanks:
  - {number: 1, grade: "92#", capacity_l: "30000"}
  - {number: 2, grade: "95#", capacity_l: "30000"}
  - {number: 3, grade: "0#", capacity_l: "30000"}
dispensers:
  - {number: 1, name: 1号加油机, nozzles: [{number: 1, tank: 1}, {number: 2, tank: 2}]}
  - {number: 2, name: 2号加油机, nozzles: [{number: 3, tank: 1}, {number: 4, tank: 3}]}
staff:
  - {number: "` + head + `", name: ` + headName + `, role: head}
`
}
