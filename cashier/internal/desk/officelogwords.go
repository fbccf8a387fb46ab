package desk

import "strings"

// families are what the log can be narrowed to: the first parts of the names
// of actions.
var families = [...]struct {
	prefix string
	word   Word
}{
	{"login.", WordFamilyLogin},
	{"session.", WordFamilySession},
	{"member.", WordFamilyMember},
	{"consent.", WordFamilyConsent},
	{"segment.", WordFamilySegment},
	{"sale.", WordFamilySale},
	{"nozzle.", WordFamilyNozzle},
	{"station.", WordFamilyStation},
	{"prices.", WordFamilyPrices},
	{"offer.", WordFamilyOffer},
	{"site.", WordFamilySite},
	{"queue.", WordFamilyQueue},
	{"trip.", WordFamilyTrip},
	{"staff.", WordFamilyStaff},
	{"account.", WordFamilyAccount},
	{"post.", WordFamilyPost},
	{"chat.", WordFamilyChat},
	{"fee.", WordFamilyFee},
	{"keys.", WordFamilyKeys},
	{"backup.", WordFamilyBackup},
	{"log.", WordFamilyLog},
	{"alert.", WordFamilyAlert},
}

// actionWords say the actions of the log.
var actionWords = map[string]Word{
	"login.ok": WordActLoginOK, "login.refused": WordActLoginRefused, "login.locked": WordActLoginLocked, "logout": WordActLogout,
	"session.end": WordActSessionEnd,
	"staff.add":   WordActStaffAdd, "staff.change": WordActStaffChange, "staff.password": WordActStaffPassword, "staff.factor": WordActStaffFactor,
	"account.password": WordActAccountPassword, "account.factor": WordActAccountFactor, "post.assign": WordActPostAssign,
	"member.search": WordActMemberSearch, "member.look": WordActMemberLook, "member.view": WordActMemberLook,
	"member.refuels": WordActMemberRefuels, "member.reveal": WordActMemberReveal, "member.export": WordActMemberExport,
	"member.erase": WordActMemberErase,
	"segment.save": WordActSegmentSave, "segment.drop": WordActSegmentDrop, "segment.preview": WordActSegmentPreview,
	"keys.rotate": WordActKeysRotate, "keys.rekey": WordActKeysRekey, "keys.sheet": WordActKeysSheet,
	"log.read": WordActLogRead, "log.export": WordActLogExport, "alert.seen": WordActAlertSeen,
	"consent.give": WordActConsentGive, "consent.withdraw": WordActConsentWithdraw,
	"sale.pay": WordActSalePay, "sale.resolve": WordActSaleResolve,
	"nozzle.hold": WordActNozzleHold, "nozzle.mode": WordActNozzleMode, "nozzle.authorize": WordActNozzleAuthorize,
	"station.hold": WordActStationHold, "prices.set": WordActPricesSet,
	"chat.open": WordActChatOpen, "chat.take": WordActChatTake, "chat.transfer": WordActChatTransfer, "chat.close": WordActChatClose,
	"chat.reopen": WordActChatReopen, "chat.refused": WordActChatRefused, "chat.settings": WordActChatSettings,
	"chat.canned": WordActChatCanned, "chat.canned.drop": WordActChatCannedDrop,
	"fee.look": WordActFeeLook, "segment.see": WordActSegmentSee, "nozzle.change": WordActNozzleChange, "staff.manage": WordActStaffManage,
	"keys.see": WordActKeysSee, "alert.raised": WordActAlertRaised,
	"offer.add": WordActOfferAdd, "offer.end": WordActOfferEnd, "site.set": WordActSiteSet, "queue.count": WordActQueueCount,
	"trip.note":   WordActTripNote,
	"backup.made": WordActBackupMade, "backup.failed": WordActBackupFailed, "backup.missed": WordActBackupMissed, "backup.place": WordActBackupPlace,
	"backup.verified": WordActBackupVerified, "backup.drill": WordActBackupDrill, "backup.schedule": WordActBackupSchedule,
	"backup.restore": WordActBackupRestore, "backup.restored": WordActBackupRestored, "backup.switch": WordActBackupSwitch, "backup.accept": WordActBackupAccept,
	"backup.away": WordActBackupAway, "backup.see": WordActBackupSee, "backup.make": WordActBackupMake, "backup.verify": WordActBackupVerify,
	"backup.rehearse": WordActBackupRehearse, "backup.bring": WordActBackupBring,
}

// actionText is an action of the log in words; one of a newer hub stands as it
// is written there.
func (s *State) actionText(action string) string {
	if w, ok := actionWords[action]; ok {
		return s.text(w)
	}
	if permission, refused := strings.CutPrefix(action, "refused."); refused {
		return s.permissionText(permission)
	}
	return action
}

// noteText is a note: a permission that was refused stands there by its name,
// figures in a sentence of this language, everything else as it was written.
func (s *State) noteText(note string) string {
	if waiting, ok := strings.CutPrefix(note, "waiting "); ok {
		return s.text(WordNoteWaiting, waiting)
	}
	if prices, ok := strings.CutPrefix(note, "shows "); ok {
		if shown, inForce, ok := strings.Cut(prices, ", in force "); ok {
			return s.text(WordNotePrices, shown, inForce)
		}
	}
	if act, why, more := strings.Cut(note, ": "); strings.HasPrefix(note, "backup.") {
		if more {
			return s.actionText(act) + ": " + why
		}
		return s.actionText(note)
	}
	return s.permissionText(note)
}

// objects name what acts are about, in the order of the filter.
var objects = [...]struct {
	name string
	word Word
}{
	{"member", WordObjectMember},
	{"sale", WordObjectSale},
	{"staff", WordObjectStaff},
	{"nozzle", WordObjectNozzle},
	{"station", WordObjectStation},
	{"offer", WordObjectOffer},
	{"thread", WordObjectThread},
	{"support", WordObjectSupport},
	{"segment", WordObjectSegment},
	{"session", WordObjectSession},
	{"keys", WordObjectKeys},
	{"backup", WordObjectBackup},
	{"log", WordObjectLog},
	{"alert", WordObjectAlert},
	{"ledger", WordObjectLedger},
}

// objectText is what an act is about: "会员 M000123", "油枪 3".
func (s *State) objectText(object, which, name string) string {
	text := object
	for _, o := range objects {
		if o.name == object {
			text = s.text(o.word)
		}
	}
	switch {
	case name != "":
		return text + " " + name
	case which != "" && len(which) <= longestShownID:
		return text + " " + which
	}
	return text
}

// longestShownID is the longest id that stands in a list: a number that people
// say, not one that only programs do.
const longestShownID = 12
